// The largest entries of each row.
#pragma once
#include "tensor.h"

namespace plumbline::tensor {

/// The k largest of each of `rows` rows of n, largest first, ties to the lower index; NaN counts as smallest. 1 ≤ k ≤ n.
bool topK(Device& device, const float* x, size_t rows, size_t n, size_t k, float* values, int32_t* indices);

}  // namespace plumbline::tensor
