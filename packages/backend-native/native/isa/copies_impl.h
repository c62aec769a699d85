// Low-precision copies of rows, with bounds of their norm and of what they lose. Norms are taken of rows scaled to a largest
// value of about one, so that squares neither vanish nor overflow, and are rounded up.
#pragma once
#include "rows_impl.h"
#include "simd.h"

namespace {

using plumbline::RowCopy;

typedef int8_t V8 __attribute__((vector_size(kLanes)));
typedef int16_t V16 __attribute__((vector_size(kLanes * 2)));
typedef int8_t V8Any __attribute__((vector_size(kLanes), aligned(1), may_alias));
typedef int16_t V16Any __attribute__((vector_size(kLanes * 2), aligned(2), may_alias));

/// Rows whose largest value is below this are copied as zeros.
constexpr float kTinyRow = 1e-30f;

/// √ of a sum of n squares, rounded up: each lane adds n / kLanes numbers, and 2^-24 is lost at most with each.
inline float rootUp(float sumOfSquares, int n) {
  const float slack = 1.0f + (static_cast<float>(n) / kLanes + 32.0f) * 1.2e-7f;
  return __builtin_sqrtf(sumOfSquares) * slack;
}

inline RowCopy zeroCopy(float most, int n) {
  return RowCopy{0.0f, 0.0f, most * __builtin_sqrtf(static_cast<float>(n)) * 1.001f + 1e-37f, 0};
}

/// The norm of a row, rounded up.
float normUp(const float* row, int n) {
  const float most = maxAbs(row, n);
  if (most < kTinyRow) return zeroCopy(most, n).error;
  const Vf inverse = splat(1.0f / most);
  Vf sum = {};
  for (int i = 0; i < n; i += kLanes) {
    const Vf value = load(row + i) * inverse;
    sum += value * value;
  }
  return rootUp(sumLanes(sum), n) * most;
}

/// The nearest integers, for |v| below 2^22.
PL_INLINE Vf roundOf(Vf v) {
  const Vf shift = splat(12582912.0f);
  return (v + shift) - shift;
}

// By element, not by a vector type as template argument, which would lose that it is not aligned.
PL_INLINE void storeIntegers(int8_t* out, Vi v) { *reinterpret_cast<V8Any*>(out) = __builtin_convertvector(v, V8); }
PL_INLINE void storeIntegers(int16_t* out, Vi v) { *reinterpret_cast<V16Any*>(out) = __builtin_convertvector(v, V16); }

/// Integers of `scale` units. What rounding `v / scale` itself loses is in the error bound.
template <class Element>
RowCopy copyIntegers(const float* row, int n, float scale, Element* out) {
  const Vf inverse = splat(1.0f / scale);
  Vf squares = {}, lost = {}, whole = {};
  Vi total = {};
  for (int i = 0; i < n; i += kLanes) {
    const Vf value = load(row + i) * inverse;
    const Vf rounded = roundOf(value);
    const Vf rest = value - rounded;
    squares += rounded * rounded;
    lost += rest * rest;
    whole += value * value;
    const Vi integers = __builtin_convertvector(rounded, Vi);
    total += integers;
    storeIntegers(out + i, integers);
  }
  int32_t sum = 0;
  for (int i = 0; i < kLanes; i++) sum += total[i];
  const float error = rootUp(sumLanes(lost), n) + rootUp(sumLanes(whole), n) * 4.8e-7f;
  return RowCopy{scale, rootUp(sumLanes(squares), n) * scale, error * scale, -128 * sum};
}

RowCopy copyI8(const float* row, int n, void* out) {
  const float most = maxAbs(row, n);
  if (most < kTinyRow) {
    memset(out, 0, static_cast<size_t>(n));
    return zeroCopy(most, n);
  }
  return copyIntegers(row, n, most / 127.0f, static_cast<int8_t*>(out));
}

/// Norms in integers stay below √(2^31), so that by Cauchy and Schwarz no partial sum of a product overflows.
RowCopy copyI16(const float* row, int n, void* out) {
  const float most = maxAbs(row, n);
  if (most < kTinyRow) {
    memset(out, 0, static_cast<size_t>(n) * 2);
    return zeroCopy(most, n);
  }
  const float byNorm = normUp(row, n) / 46000.0f, byMost = most / 32767.0f;
  return copyIntegers(row, n, byNorm > byMost ? byNorm : byMost, static_cast<int16_t*>(out));
}

RowCopy copyBf16(const float* row, int n, void* out) {
  uint16_t* words = static_cast<uint16_t*>(out);
  const float most = maxAbs(row, n);
  if (most < kTinyRow) {
    memset(out, 0, static_cast<size_t>(n) * 2);
    return zeroCopy(most, n);
  }
  const Vf inverse = splat(1.0f / most);
  Vf squares = {}, lost = {};
  for (int i = 0; i < n; i += kLanes) {
    const Vf value = load(row + i);
    const Vi bits = floatAsBits(value);
    const Vi rounded = (bits + 0x7fff + ((bits >> 16) & 1)) & static_cast<int32_t>(0xffff0000u);
    const Vf copy = bitsAsFloat(rounded);
    const Vf rest = (value - copy) * inverse, scaled = copy * inverse;
    lost += rest * rest;
    squares += scaled * scaled;
    *reinterpret_cast<V16Any*>(words + i) = __builtin_convertvector(rounded >> 16, V16);
  }
  return RowCopy{1.0f, rootUp(sumLanes(squares), n) * most, rootUp(sumLanes(lost), n) * most, 0};
}

RowCopy copyF32(const float* row, int n, void* out) {
  if (out != row) memcpy(out, row, static_cast<size_t>(n) * sizeof(float));
  return RowCopy{1.0f, normUp(row, n), 0.0f, 0};
}

}  // namespace
