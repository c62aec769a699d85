// Adam's update of one tensor.
#pragma once
#include "tensor.h"

namespace plumbline::tensor {

/// New values of parameter, mean and variance from old ones and the gradient.
void adam(Device& device, const AdamStep& step, const float* gradient, const float* const (&old)[3], float* const (&next)[3],
          size_t n);

}  // namespace plumbline::tensor
