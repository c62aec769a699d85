#include "gradients.h"

#include <string.h>

namespace plumbline {
namespace {

inline float size(float value) { return value < 0 ? -value : value; }

/// d(penalty) / d(latent) for latents under a power, weights and norms included; 0 where the latent is silent.
void powerSlopes(const Step& step, int latent, int n, const int32_t* tokens, const float* values, float* out,
                 Scratch& scratch) {
  const Engine& e = step.engine;
  const float norm = e.decoderNorm[latent];
  const float p = static_cast<float>(step.controls.p);
  float* weighted = scratch.moreFloats.data();
  for (int i = 0; i < n; i++) weighted[i] = values[i] * norm;
  e.kernels->power(weighted, p - 1, out, n);
  const bool isNorm = e.config.penalty == kLpNorm;
  for (int i = 0; i < n; i++) {
    out[i] *= step.penaltyScale * (isNorm ? e.tokenFactor[tokens == nullptr ? i : tokens[i]] : p);
  }
}

void reluGradients(const Step& step, int latent, int n, const int32_t* tokens, const float* values,
                   const float* slopes, float* g, float* weight, Scratch& scratch, LatentSums& sums) {
  const Engine& e = step.engine;
  const float norm = e.decoderNorm[latent];
  if (e.config.penalty == kL1) {
    for (int i = 0; i < n; i++) g[i] = step.penaltyScale;
  } else {
    powerSlopes(step, latent, n, tokens, values, g, scratch);
  }
  double bias = 0, pull = 0;
  for (int i = 0; i < n; i++) {
    const bool fires = values[i] > 0;
    pull += fires ? g[i] * values[i] : 0;
    g[i] = fires ? slopes[i] + g[i] * norm : 0;
    weight[i] = fires ? values[i] : 0;
    bias += g[i];
  }
  sums.bias += bias;
  sums.norm += pull;
}

void jumpGradients(const Step& step, int latent, int n, const float* values, const float* slopes, float* g,
                   float* weight, LatentSums& sums) {
  const Engine& e = step.engine;
  const Config& c = e.config;
  const float theta = e.theta[latent], norm = e.decoderNorm[latent];
  const float half = static_cast<float>(c.bandwidth / 2), width = static_cast<float>(c.bandwidth);
  const bool isTanh = c.penalty == kTanh;
  const float scale = static_cast<float>(c.tanhScale);
  for (int i = 0; i < n; i++) weight[i] = values[i] > theta ? values[i] : 0;
  if (isTanh) {
    for (int i = 0; i < n; i++) g[i] = weight[i] * norm;
    e.kernels->hyperbolicTangent(g, scale, g, n);
  }
  double bias = 0, near = 0, pull = 0;
  int nearCount = 0;
  for (int i = 0; i < n; i++) {
    const bool fires = values[i] > theta;
    const float steep = isTanh ? step.penaltyScale * scale * (1 - g[i] * g[i]) : 0;
    const float slope = slopes[i] + steep * norm;
    pull += steep * weight[i];
    near += size(values[i] - theta) < half ? slope : 0;
    nearCount += size((c.countsLatents ? weight[i] : values[i]) - theta) < half ? 1 : 0;
    g[i] = fires ? slope : 0;
    bias += g[i];
  }
  sums.bias += bias;
  sums.norm += pull;
  double threshold = -(theta / width) * near;
  if (!isTanh) {
    if (c.countsLatents && size(theta) < half) nearCount += step.nTokens - n;
    threshold -= step.countScale * static_cast<double>(nearCount) / width;
  }
  sums.threshold += c.logThreshold ? threshold * theta : threshold;
}

}  // namespace

void codeGradients(const Step& step, int latent, int n, const int32_t* tokens, const float* values,
                   const float* slopes, float* g, float* weight, Scratch& scratch, LatentSums& sums) {
  switch (step.engine.config.family) {
    case kRelu:
      reluGradients(step, latent, n, tokens, values, slopes, g, weight, scratch, sums);
      return;
    case kJumpRelu:
      jumpGradients(step, latent, n, values, slopes, g, weight, sums);
      return;
    default:
      for (int i = 0; i < n; i++) {
        g[i] = slopes[i];
        weight[i] = values[i];
        sums.bias += g[i];
      }
  }
}

double storedGradients(const Step& step, int latent, const LatentSums& sums, float* gE, float* gD, Scratch& scratch) {
  const Engine& e = step.engine;
  const Config& c = e.config;
  const Kernels& k = *e.kernels;
  const int n = e.width;
  const float* d = e.row(e.decoder(), latent);
  const float* w = c.map == kTied ? nullptr : e.row(e.parameter[kEncoder].value.data(), latent);
  const float pull = static_cast<float>(sums.norm);
  if (!c.unitRows && pull != 0 && e.decoderNorm[latent] > 0) k.axpy(pull / e.decoderNorm[latent], d, gD, n);
  double penalty = 0;
  if (step.controls.rowPenaltyTarget != nullptr) {
    float* away = scratch.floats.data();
    memcpy(away, step.controls.rowPenaltyTarget + static_cast<size_t>(latent) * c.dIn, c.dIn * sizeof(float));
    for (int i = c.dIn; i < n; i++) away[i] = 0;
    k.subtract(d, away, away, n);
    const float width = static_cast<float>(step.controls.rowPenaltyWidth);
    float near = -k.dot(away, away, n) / width;
    k.exponential(&near, &near, 1);
    penalty = step.controls.rowPenaltyWeight / c.dSae * near;
    k.axpy(static_cast<float>(-2 * penalty) / width, away, gD, n);
  }
  switch (c.map) {
    case kProjection:
    case kProjectionFromDecoder: {
      const float along = k.dot(gE, d, n), missing = 1 - k.dot(w, d, n);
      k.axpy(missing, gE, gD, n);
      k.axpy(-along, w, gD, n);
      k.axpy(-along, d, gE, n);
      break;
    }
    case kScaleMap: {
      const float s = 1 + k.dot(w, d, n);
      const float q = (k.dot(gE, d, n) + k.dot(gE, w, n)) / (s * s);
      k.scaleInto(1 / s, gE, gE, n);
      k.axpy(1, gE, gD, n);
      k.axpy(-q, w, gD, n);
      k.axpy(-q, d, gE, n);
      break;
    }
    case kCoupled:
    case kTied:
      k.axpy(1, gE, gD, n);
      break;
    default:
      break;
  }
  if (c.unitRows) {
    const float square = k.dot(d, d, n);
    if (square > 0) k.axpy(-k.dot(gD, d, n) / square, d, gD, n);
  }
  return penalty;
}

namespace {

/// One number's Adam, with the arithmetic of the rows.
void adamScalar(const Engine& e, const AdamStep& adam, float gradient, Parameter& p, int at) {
  float g[kRowUnit] = {gradient}, value[kRowUnit] = {p.value[at]};
  float mean[kRowUnit] = {p.mean[at]}, variance[kRowUnit] = {p.variance[at]};
  e.kernels->adam(adam, g, value, mean, variance, kRowUnit);
  p.value[at] = value[0];
  p.mean[at] = mean[0];
  p.variance[at] = variance[0];
}

void adamRow(const Engine& e, const AdamStep& adam, const float* g, Parameter& p, int row) {
  e.kernels->adam(adam, g, e.row(p.value.data(), row), e.row(p.mean.data(), row), e.row(p.variance.data(), row), e.width);
}

}  // namespace

void updateLatent(Engine& e, int latent, const AdamStep& adam, const float* gE, const float* gD, float biasGradient,
                  float thresholdGradient) {
  const Config& c = e.config;
  const Kernels& k = *e.kernels;
  const int n = e.width;
  if (c.map != kTied) adamRow(e, adam, gE, e.parameter[kEncoder], latent);
  adamRow(e, adam, gD, e.parameter[kDecoder], latent);
  adamScalar(e, adam, biasGradient, e.parameter[kEncoderBias], latent);
  if (c.family == kJumpRelu) adamScalar(e, adam, thresholdGradient, e.parameter[kThreshold], latent);
  if (c.unitRows) {
    float* d = e.row(e.parameter[kDecoder].value.data(), latent);
    const float norm = __builtin_sqrtf(k.dot(d, d, n));
    // Below this squares underflow: a row of zeros stays zero.
    k.scaleInto(1.0f / larger(norm, 1e-18f), d, d, n);
    if (c.map == kProjection) {
      float* w = e.row(e.parameter[kEncoder].value.data(), latent);
      k.axpy(-k.dot(w, d, n), d, w, n);
    }
  }
  refreshRow(e, latent);
}

}  // namespace plumbline
