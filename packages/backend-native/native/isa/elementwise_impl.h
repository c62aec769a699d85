// Functions of tensors that need exp or log. Unlike the loops of the fused engine they keep the borders of IEEE: overflow gives
// infinity, underflow 0, and NaN stays NaN.
#pragma once
#include "functions_impl.h"
#include "simd.h"

namespace {

PL_INLINE Vf keepNan(Vf x, Vf result) { return select(x != x, x, result); }

/// Far from 0 as the square of e^(x / 2), so that the borders come by multiplication.
PL_INLINE Vf expFull(Vf x) {
  const Vf half = expOf(x * splat(0.5f));
  return keepNan(x, select(maxOf(x, -x) < splat(80.0f), expOf(x), half * half));
}

PL_INLINE Vf logFull(Vf x) {
  // Subnormal values are scaled by 2^24 first; what has no logarithm must not reach the integers in there.
  const Vi small = x < splat(1.17549435e-38f);
  const Vf scaled = select(x > Vf{}, select(small, x * splat(16777216.0f), x), splat(1.0f));
  const Vf log = logOf(scaled) - select(small, splat(16.635532333438687f), Vf{});
  const Vf infinity = splat(__builtin_inff());
  const Vf inside = select(x < infinity, log, x);
  return keepNan(x, select(x > Vf{}, inside, select(x == Vf{}, -infinity, splat(__builtin_nanf("")))));
}

void exponentialFull(const float* x, float* out, int n) {
  mapValues(x, out, n, [](Vf v) { return expFull(v); });
}

void logarithm(const float* x, float* out, int n) {
  mapValues(x, out, n, [](Vf v) { return logFull(v); });
}

void hyperbolicTangentFull(const float* x, float* out, int n) {
  hyperbolicTangent(x, 1.0f, out, n);
  for (int i = 0; i < n; i++) out[i] = x[i] != x[i] ? x[i] : out[i];
}

void sigmoid(const float* x, float* out, int n) {
  const Vf one = splat(1.0f);
  mapValues(x, out, n, [&](Vf v) { return one / (one + expFull(-v)); });
}

}  // namespace
