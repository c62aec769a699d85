// The same numbers in another order.
#pragma once
#include "elementwise.h"

namespace plumbline::tensor {

/// `out [batch][columns][rows] = x [batch][rows][columns]`
void transpose(Device& device, const float* x, size_t batch, size_t rows, size_t columns, float* out);

}  // namespace plumbline::tensor
