// Element-wise functions of one, two and three tensors.
#pragma once
#include "tensor.h"

namespace plumbline::tensor {

constexpr int kMostDims = 6;

/// A walk over an output of `size[0] × … × size[nDims − 1]` and where the inputs are on the way; a stride of 0 repeats. The
/// innermost strides are 0 or 1.
struct Walk {
  int nDims;
  int32_t size[kMostDims], a[kMostDims], b[kMostDims];
};

/// The order is that of binding.ts.
enum BinaryOp : int { kAdd, kSubtract, kMultiply, kDivide, kMaximum, kMinimum, kSquaredDifference, kBinaryOps };
enum CompareOp : int { kGreater, kGreaterEqual, kLess, kLessEqual, kEqual, kNotEqual, kCompareOps };
enum UnaryOp : int { kRelu, kStep, kSquare, kSquareRoot, kInverseRoot, kNegative, kAbsolute, kFirstValueFunction };
constexpr int kUnaryOps = kFirstValueFunction + kValueFunctions;

/// `out = op(a, b)`; NaN where an input is NaN.
void binary(Device& device, BinaryOp op, const Walk& walk, const float* a, const float* b, float* out);
/// `out = op(a, b)`, 1 or 0; comparisons with NaN give 0, but for kNotEqual.
void compare(Device& device, CompareOp op, const Walk& walk, const float* a, const float* b, uint8_t* out);
/// `out = op(x)`; `parameter` is what kStep gives at or below 0.
void unary(Device& device, UnaryOp op, float parameter, const float* x, float* out, size_t n);
/// `out = condition ? a : b`
void choose(Device& device, const uint8_t* condition, const float* a, const float* b, float* out, size_t n);
void floatsFromBytes(Device& device, const uint8_t* x, float* out, size_t n);
void floatsFromInts(Device& device, const int32_t* x, float* out, size_t n);
/// 1 where x is not 0
void bytesFromFloats(Device& device, const float* x, uint8_t* out, size_t n);

}  // namespace plumbline::tensor
