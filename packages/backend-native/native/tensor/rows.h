// Work on chosen rows of a matrix: gather, scatter, and the sparse products of an SAE.
#pragma once
#include "tensor.h"

namespace plumbline::tensor {

/// `out [outer][n][inner] = x [outer][size][inner]` at `indices`; false for an index outside.
bool gather(Device& device, const float* x, size_t outer, size_t size, size_t inner, const int32_t* indices, size_t n,
            float* out);

/// Chosen rows and what each is weighed by: `perToken` for each of `tokens`.
struct Choice {
  const int32_t* indices;
  const float* values;
  size_t tokens, perToken;
};

/// `out [size][width] += Σ value · y[token]`, by index; `values` may be null for ones. Every index is summed in the order of
/// tokens. An index outside is left out where `mayBeOutside`, else refused.
bool accumulateRows(Device& device, const Choice& choice, const float* y, size_t width, size_t size, bool mayBeOutside,
                    float* out);

/// `out [tokens][width] = Σ value · rows[index] + bias`
bool combineRows(Device& device, const Choice& choice, const float* rows, const float* bias, size_t width, size_t size,
                 float* out);

/// `out [tokens][perToken] = ⟨rows[index], y[token]⟩`; values are not read.
bool dotRows(Device& device, const Choice& choice, const float* rows, const float* y, size_t width, size_t size, float* out);

}  // namespace plumbline::tensor
