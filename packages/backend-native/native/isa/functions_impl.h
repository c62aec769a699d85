// exp and log on vectors, so that powers are the same with and without a C library. Polynomials as in Cephes (Moshier),
// single precision: about 2 ulp where used here.
#pragma once
#include "simd.h"

namespace {

/// e^x for |x| up to 87; beyond it is cut off there.
PL_INLINE Vf expOf(Vf x) {
  x = maxOf(x, splat(-87.0f));
  x = -maxOf(-x, splat(-87.0f));
  const Vf scaled = x * splat(1.44269504088896341f);
  const Vf rounded = (scaled + splat(12582912.0f)) - splat(12582912.0f);
  x = x - rounded * splat(0.693359375f);
  x = x - rounded * splat(-2.12194440e-4f);
  Vf p = splat(1.9875691500e-4f);
  p = p * x + splat(1.3981999507e-3f);
  p = p * x + splat(8.3334519073e-3f);
  p = p * x + splat(4.1665795894e-2f);
  p = p * x + splat(1.6666665459e-1f);
  p = p * x + splat(5.0000001201e-1f);
  p = p * (x * x) + x + splat(1.0f);
  const Vi exponent = __builtin_convertvector(rounded, Vi);
  return p * bitsAsFloat((exponent + 127) << 23);
}

/// log x for normal x above 0.
PL_INLINE Vf logOf(Vf x) {
  const Vi bits = floatAsBits(x);
  // x = 2^e · m with m in [√½, √2).
  Vi e = ((bits - 0x3f3504f3) >> 23);
  const Vf m = bitsAsFloat(bits - (e << 23));
  const Vf exponent = toFloat(e);
  const Vf f = m - splat(1.0f);
  const Vf z = f * f;
  Vf p = splat(7.0376836292e-2f);
  p = p * f + splat(-1.1514610310e-1f);
  p = p * f + splat(1.1676998740e-1f);
  p = p * f + splat(-1.2420140846e-1f);
  p = p * f + splat(1.4249322787e-1f);
  p = p * f + splat(-1.6668057665e-1f);
  p = p * f + splat(2.0000714765e-1f);
  p = p * f + splat(-2.4999993993e-1f);
  p = p * f + splat(3.3333331174e-1f);
  p = p * f * z;
  p = p + exponent * splat(-2.12194440e-4f) - z * splat(0.5f);
  return f + p + exponent * splat(0.693359375f);
}

/// `out[i] = function(values[i])`, whole vectors throughout: the last one through a buffer.
template <class Function>
PL_INLINE void mapValues(const float* values, float* out, int n, const Function& function) {
  int i = 0;
  for (; i + kLanes <= n; i += kLanes) store(out + i, function(load(values + i)));
  if (i == n) return;
  float last[kLanes] = {};
  memcpy(last, values + i, static_cast<size_t>(n - i) * sizeof(float));
  store(last, function(load(last)));
  memcpy(out + i, last, static_cast<size_t>(n - i) * sizeof(float));
}

void power(const float* values, float p, float* out, int n) {
  // Below, log is not defined by the code above; there the result is a power of this.
  const Vf exponent = splat(p), zero = {}, tiny = splat(1e-30f);
  mapValues(values, out, n, [&](Vf x) { return select(x > zero, expOf(logOf(maxOf(x, tiny)) * exponent), zero); });
}

void exponential(const float* values, float* out, int n) {
  mapValues(values, out, n, [](Vf x) { return expOf(x); });
}

/// tanh(scale · x): a polynomial near 0, where the quotient would cancel.
void hyperbolicTangent(const float* values, float scale, float* out, int n) {
  const Vf factor = splat(scale), one = splat(1.0f);
  mapValues(values, out, n, [&](Vf value) {
    const Vf x = value * factor;
    const Vf size = maxOf(x, -x);
    const Vf e = expOf(size * splat(-2.0f));
    const Vf far = (one - e) / (one + e);
    const Vf z = x * x;
    Vf p = splat(-5.70498872745e-3f);
    p = p * z + splat(2.06390887954e-2f);
    p = p * z + splat(-5.37397155531e-2f);
    p = p * z + splat(1.33314422036e-1f);
    p = p * z + splat(-3.33332819422e-1f);
    return select(size < splat(0.625f), p * z * x + x, select(x < Vf{}, -far, far));
  });
}

}  // namespace
