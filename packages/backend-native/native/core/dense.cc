#include <string.h>

#include "gemm.h"
#include "step.h"

namespace plumbline {
namespace {

constexpr int kLatentBlock = 96;
constexpr int kTokenBlock = 64;
/// Tokens that are decoded at once: the decoder is packed for each block.
constexpr int kDecodeBlock = 128;

/// Per latent block: what the penalties and statistics add up.
struct Sums {
  double fired, penalty, next;
};

/// Elements of a latent's row that decode: the value where it fires, else 0.
struct Decoded {
  const Engine& e;
  const float* dense;
  size_t stride;
  /// element (token i, latent k)
  void operator()(int k0, int nDepth, int i0, int n, int unit, float* out) const {
    const bool jump = e.config.family == kJumpRelu;
    for (int k = 0; k < nDepth; k++) {
      const float* from = dense + static_cast<size_t>(k0 + k) * stride + i0;
      const float limit = jump ? e.theta[k0 + k] : 0.0f;
      for (int i = 0; i < n; i++) out[i] = from[i] > limit ? from[i] : 0;
      for (int i = n; i < unit; i++) out[i] = 0;
      out += unit;
    }
  }
};

/// Pre-activations of all latents, and the sums over them.
bool preActivations(Step& step, size_t stride, Array<Sums>& sums) {
  Engine& e = step.engine;
  const Config& c = e.config;
  const int n = step.nTokens, nBlocks = (c.dSae + kLatentBlock - 1) / kLatentBlock;
  if (!sums.resize(nBlocks)) return false;
  const AlongDepth tokens{e.centered.data(), static_cast<size_t>(e.width)};
  if (!e.packedTokens.pack(*e.kernels, *e.pool, n, e.width, tokens)) return false;
  const bool jump = c.family == kJumpRelu;
  const bool isPower = c.penalty == kLpPower;
  parallelFor(*e.pool, nBlocks, [&](int block, int thread) {
    Scratch& s = e.scratch[thread];
    const int first = block * kLatentBlock, count = smaller(kLatentBlock, c.dSae - first);
    float* out = e.dense.data() + first * stride;
    gemmWith(*e.kernels, s.packA.data(), count, n, e.width,
             AlongDepth{e.row(e.encoder(), first), static_cast<size_t>(e.width)}, e.packedTokens, out, stride);
    Sums total = {};
    float* weighted = s.floats.data();
    float* powers = s.moreFloats.data();
    for (int i = 0; i < count; i++) {
      const int f = first + i;
      float* row = out + i * stride;
      const float bias = e.parameter[kEncoderBias].value[f], theta = e.theta[f], norm = e.decoderNorm[f];
      int fired = 0, over = 0;
      for (int b = 0; b < n; b++) {
        row[b] += bias;
        const float latent = row[b] > (jump ? theta : 0.0f) ? row[b] : 0;
        fired += latent > 0 ? 1 : 0;
        over += (c.countsLatents ? latent : row[b]) > theta ? 1 : 0;
        weighted[b] = latent * norm;
      }
      e.firedTokens[f] = fired;
      total.fired += fired;
      double sum = 0, next = 0;
      if (c.penalty == kTanh) e.kernels->hyperbolicTangent(weighted, static_cast<float>(c.tanhScale), weighted, n);
      if (isPower) {
        e.kernels->power(weighted, static_cast<float>(step.controls.nextP), powers, n);
        for (int b = 0; b < n; b++) next += powers[b];
        e.kernels->power(weighted, static_cast<float>(step.controls.p), weighted, n);
      }
      if (c.penalty == kTarget || c.penalty == kStep) {
        sum = over;
      } else if (c.penalty != kLpNorm) {
        for (int b = 0; b < n; b++) sum += weighted[b];
      }
      total.penalty += sum;
      total.next += next;
    }
    sums[block] = total;
  });
  return true;
}

/// Norms of each token's latents at p and the next p, which need a token's latents together.
void tokenNorms(Step& step, size_t stride, Sums& total) {
  Engine& e = step.engine;
  const int n = step.nTokens, nBlocks = (n + kTokenBlock - 1) / kTokenBlock;
  const float p = static_cast<float>(step.controls.p), nextP = static_cast<float>(step.controls.nextP);
  double* atP = e.tokenSums.data();
  double* atNext = atP + n;
  parallelFor(*e.pool, nBlocks, [&](int block, int) {
    const int first = block * kTokenBlock, count = smaller(kTokenBlock, n - first);
    float weighted[kTokenBlock], powers[kTokenBlock];
    double sums[kTokenBlock] = {}, nexts[kTokenBlock] = {};
    for (int f = 0; f < e.config.dSae; f++) {
      const float* row = e.dense.data() + f * stride + first;
      for (int i = 0; i < count; i++) weighted[i] = row[i] * e.decoderNorm[f];
      e.kernels->power(weighted, p, powers, count);
      for (int i = 0; i < count; i++) sums[i] += powers[i];
      e.kernels->power(weighted, nextP, powers, count);
      for (int i = 0; i < count; i++) nexts[i] += powers[i];
    }
    for (int i = 0; i < count; i++) {
      const float sum = static_cast<float>(sums[i]), next = static_cast<float>(nexts[i]);
      float root, nextRoot;
      e.kernels->power(&sum, 1.0f / p - 1.0f, &e.tokenFactor[first + i], 1);
      e.kernels->power(&sum, 1.0f / p, &root, 1);
      e.kernels->power(&next, 1.0f / nextP, &nextRoot, 1);
      atP[first + i] = root;
      atNext[first + i] = nextRoot;
    }
  });
  for (int b = 0; b < n; b++) {
    total.penalty += atP[b];
    total.next += atNext[b];
  }
}

}  // namespace

Status denseForward(Step& step) {
  Engine& e = step.engine;
  const Config& c = e.config;
  const int n = step.nTokens, width = e.width;
  const size_t stride = roundUp(n, kRowUnit);
  bool enough = e.dense.resize(stride * c.dSae) && e.residual.resize(static_cast<size_t>(n) * width) &&
                e.tokenSums.resize(2 * static_cast<size_t>(n)) && e.tokenFactor.resize(n);
  for (int t = 0; t < e.nScratch && enough; t++) {
    Scratch& s = e.scratch[t];
    enough = reserveGemm(*e.kernels, s.packA, s.packB) && s.floats.resize(stride) && s.moreFloats.resize(stride);
  }
  Array<Sums> sums;
  if (!enough || !preActivations(step, stride, sums)) return kNoMemory;
  Sums total = {};
  for (size_t i = 0; i < sums.size(); i++) {
    total.fired += sums[i].fired;
    total.penalty += sums[i].penalty;
    total.next += sums[i].next;
  }
  if (c.penalty == kLpNorm) tokenNorms(step, stride, total);
  setPenalty(step, total.penalty, total.next);
  parallelFor(*e.pool, (n + kDecodeBlock - 1) / kDecodeBlock, [&](int block, int thread) {
    Scratch& s = e.scratch[thread];
    const int first = block * kDecodeBlock, count = smaller(kDecodeBlock, n - first);
    const Decoded latents{e, e.dense.data() + first, stride};
    const AcrossDepth decoder{e.decoder(), static_cast<size_t>(width)};
    float* out = e.row(e.residual.data(), first);
    gemm(*e.kernels, s.packA, s.packB, count, width, c.dSae, latents, decoder, out, width);
    for (int i = 0; i < count; i++) {
      float* row = e.row(out, i);
      e.kernels->axpy(1.0f, e.parameter[kDecoderBias].value.data(), row, width);
      e.kernels->subtract(row, e.row(e.x.data(), first + i), row, width);
      e.tokenSums[first + i] = e.kernels->dot(row, row, width);
    }
  });
  double loss = 0;
  for (int b = 0; b < n; b++) loss += e.tokenSums[b];
  step.report.reconstruction = loss / n;
  step.report.l0 = total.fired / n;
  return kOk;
}

}  // namespace plumbline
