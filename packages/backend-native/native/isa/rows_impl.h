// Loops over single rows: dot products, sums of rows, Adam. n is a multiple of kRowUnit; padding is zero and stays zero.
#pragma once
#include "../core/kernels.h"
#include "simd.h"

namespace {

using plumbline::AdamStep;

constexpr int smallerOf(int a, int b) { return a < b ? a : b; }

/// One request for each cache line, whatever the width of a step (two vectors).
PL_INLINE void prefetchStep(const float* at) {
  __builtin_prefetch(at, 0, 3);
  if (2 * kLanes > 16) __builtin_prefetch(at + 16, 0, 3);
}

/// Dot products of `kRows` rows with x. Two chains a row, then the lanes: the same order whatever kRows is. Rows lie anywhere in
/// memory, so the next ones are fetched while these are summed.
template <int kRows>
PL_INLINE void dotSome(const float* x, const float* const (&rows)[kRows], const float* const (&next)[kRows], int n,
                       float* out) {
  Vf even[kRows], odd[kRows];
  for (int r = 0; r < kRows; r++) even[r] = odd[r] = Vf{};
  int i = 0;
  for (; i + 2 * kLanes <= n; i += 2 * kLanes) {
    const Vf a = load(x + i), b = load(x + i + kLanes);
    for (int r = 0; r < kRows; r++) {
      prefetchStep(next[r] + i);
      even[r] += a * load(rows[r] + i);
      odd[r] += b * load(rows[r] + i + kLanes);
    }
  }
  for (; i < n; i += kLanes) {
    const Vf a = load(x + i);
    for (int r = 0; r < kRows; r++) even[r] += a * load(rows[r] + i);
  }
  for (int r = 0; r < kRows; r++) out[r] = sumLanes(even[r] + odd[r]);
}

float dot(const float* a, const float* b, int n) {
  const float* const rows[1] = {b};
  float out[1];
  dotSome<1>(a, rows, rows, n, out);
  return out[0];
}

void dotRows(const float* x, const float* rows, size_t stride, const int32_t* indices, int count, int n, float* out) {
  const auto row = [&](int i) { return rows + static_cast<size_t>(indices[smallerOf(i, count - 1)]) * stride; };
  int i = 0;
  for (; i + 4 <= count; i += 4) {
    const float* const four[4] = {row(i), row(i + 1), row(i + 2), row(i + 3)};
    const float* const next[4] = {row(i + 4), row(i + 5), row(i + 6), row(i + 7)};
    dotSome<4>(x, four, next, n, out + i);
  }
  for (; i < count; i++) out[i] = dot(x, row(i), n);
}

void axpy(float a, const float* x, float* y, int n) {
  const Vf factor = splat(a);
  for (int i = 0; i < n; i += kLanes) store(y + i, load(y + i) + factor * load(x + i));
}

void subtract(const float* a, const float* b, float* out, int n) {
  for (int i = 0; i < n; i += kLanes) store(out + i, load(a + i) - load(b + i));
}

void scaleInto(float a, const float* x, float* out, int n) {
  const Vf factor = splat(a);
  for (int i = 0; i < n; i += kLanes) store(out + i, factor * load(x + i));
}

void combineRows(const float* bias, const float* rows, size_t stride, const int32_t* indices, const float* values,
                 int count, float* out, int n) {
  if (out != bias) memcpy(out, bias, static_cast<size_t>(n) * sizeof(float));
  const auto row = [&](int i) { return rows + static_cast<size_t>(indices[smallerOf(i, count - 1)]) * stride; };
  int i = 0;
  for (; i + 4 <= count; i += 4) {
    const float *a = row(i), *b = row(i + 1), *c = row(i + 2), *d = row(i + 3);
    const float *nextA = row(i + 4), *nextB = row(i + 5), *nextC = row(i + 6), *nextD = row(i + 7);
    const Vf va = splat(values[i]), vb = splat(values[i + 1]), vc = splat(values[i + 2]), vd = splat(values[i + 3]);
    for (int k = 0; k < n; k += kLanes) {
      __builtin_prefetch(nextA + k, 0, 3);
      __builtin_prefetch(nextB + k, 0, 3);
      __builtin_prefetch(nextC + k, 0, 3);
      __builtin_prefetch(nextD + k, 0, 3);
      Vf sum = load(out + k);
      sum += va * load(a + k);
      sum += vb * load(b + k);
      sum += vc * load(c + k);
      sum += vd * load(d + k);
      store(out + k, sum);
    }
  }
  for (; i < count; i++) axpy(values[i], row(i), out, n);
}

void accumulate(const int32_t* tokens, const float* g, const float* v, int count, const float* x, const float* y,
                size_t stride, float* gEncoder, float* gDecoder, int n) {
  int i = 0;
  for (; i + 2 <= count; i += 2) {
    const float *xa = x + tokens[i] * stride, *xb = x + tokens[i + 1] * stride;
    const float *ya = y + tokens[i] * stride, *yb = y + tokens[i + 1] * stride;
    const Vf ga = splat(g[i]), gb = splat(g[i + 1]), va = splat(v[i]), vb = splat(v[i + 1]);
    for (int k = 0; k < n; k += kLanes) {
      Vf e = load(gEncoder + k), d = load(gDecoder + k);
      e += ga * load(xa + k);
      d += va * load(ya + k);
      e += gb * load(xb + k);
      d += vb * load(yb + k);
      store(gEncoder + k, e);
      store(gDecoder + k, d);
    }
  }
  for (; i < count; i++) {
    axpy(g[i], x + tokens[i] * stride, gEncoder, n);
    axpy(v[i], y + tokens[i] * stride, gDecoder, n);
  }
}

void adam(const AdamStep& s, const float* g, float* p, float* m, float* v, int n) {
  const Vf b1 = splat(s.beta1), c1 = splat(s.oneMinusBeta1), b2 = splat(s.beta2), c2 = splat(s.oneMinusBeta2);
  const Vf spread = splat(s.inverseSpread), epsilon = splat(s.epsilon), size = splat(s.stepSize);
  const Vf clip = splat(s.gradientScale);
  for (int i = 0; i < n; i += kLanes) {
    const Vf gradient = load(g + i) * clip;
    const Vf mean = load(m + i) * b1 + gradient * c1;
    const Vf variance = load(v + i) * b2 + gradient * gradient * c2;
    store(m + i, mean);
    store(v + i, variance);
    store(p + i, load(p + i) - mean / (squareRoot(variance) * spread + epsilon) * size);
  }
}

float maxAbs(const float* x, int n) {
  Vf most = {};
  for (int i = 0; i < n; i += kLanes) {
    const Vf value = load(x + i);
    most = maxOf(maxOf(value, -value), most);
  }
  float lanes[kLanes], out = 0;
  store(lanes, most);
  for (float lane : lanes) out = lane > out ? lane : out;
  return out;
}

int countAtLeast(const float* values, int n, float limit) {
  const Vf bound = splat(limit);
  int count = 0, i = 0;
  for (; i + kLanes <= n; i += kLanes) count += __builtin_popcount(atLeast(load(values + i), bound));
  for (; i < n; i++) count += values[i] >= limit ? 1 : 0;
  return count;
}

int biasRelu(float* pre, float bias, int n) {
  const Vf b = splat(bias), zero = {};
  int count = 0, i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    const Vf value = maxOf(load(pre + i) + b, zero);
    count += kLanes - __builtin_popcount(atLeast(zero, value));
    store(pre + i, value);
  }
  for (; i < n; i++) {
    const float value = pre[i] + bias;
    pre[i] = value > 0 ? value : 0;
    count += value > 0 ? 1 : 0;
  }
  return count;
}

}  // namespace
