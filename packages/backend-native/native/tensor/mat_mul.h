// Products of matrices, one or many, with either side stored transposed.
#pragma once
#include "tensor.h"

namespace plumbline::tensor {

/// One side of a product. Entry (i, k) of `rows × depth`, the depth being what is summed over, is `data[i · stride + k]` where
/// `alongDepth`, else `data[k · stride + i]`.
struct Side {
  const float* data;
  size_t stride;
  bool alongDepth;
};

/// `c [rows][columns] = Σ_k a(i, k) · b(j, k)`
struct Product {
  int rows, columns, depth;
  Side a, b;
  float* c;
};

/// `count` products of one shape; what differs is where the data start.
bool matMul(Device& device, const Product* products, int count);

}  // namespace plumbline::tensor
