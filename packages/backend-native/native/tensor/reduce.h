// Sums and extremes over a run of axes.
#pragma once
#include "tensor.h"

namespace plumbline::tensor {

/// The order is that of binding.ts.
enum ReduceOp : int { kSum, kMean, kMax, kMin, kReduceOps };

/// `out [outer][inner] = op over n of x [outer][n][inner]`. Extremes are NaN where an entry is NaN.
bool reduce(Device& device, ReduceOp op, const float* x, size_t outer, size_t n, size_t inner, float* out);

}  // namespace plumbline::tensor
