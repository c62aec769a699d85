#include <string.h>

#include "gemm.h"
#include "gradients.h"

namespace plumbline {
namespace {

/// Latents of a task. Sums over latents and over tokens are taken block by block, in order: a sum of n terms then rounds like
/// one of 64 + n / 64.
constexpr int kBlock = 64;
/// As in torch's `clip_grad_norm_`, so that clipped runs agree with the reference libraries.
constexpr double kClipEpsilon = 1e-6;

/// What the passes over latents share.
struct Pass {
  Step& step;
  /// gradients of codes are there from the pass before
  bool cached;
  /// apply the update; else only measure
  bool apply;
  /// somebody asked for the norm of the gradient
  bool wantNorm;
  AdamStep adam;
};

constexpr ParameterId kRowParameters[] = {kDecoder, kEncoder};

inline void fetchRow(const float* row, int n) {
  for (int i = 0; i < n; i += 16) __builtin_prefetch(row + i, 1, 2);
}

/// Adds Σ g · token to the encoder row's gradient and Σ weight · residual to the decoder row's.
void addRows(const Engine& e, const int32_t* tokens, const float* g, const float* weight, int n, const float* residual,
             Scratch& s) {
  float *gE = s.encoderGradient.data(), *gD = s.decoderGradient.data();
  if (n <= kBlock) {
    e.kernels->accumulate(tokens, g, weight, n, e.centered.data(), residual, e.width, gE, gD, e.width);
    return;
  }
  float *partE = s.encoderBlock.data(), *partD = s.decoderBlock.data();
  for (int i = 0; i < n; i += kBlock) {
    memset(partE, 0, e.width * sizeof(float));
    memset(partD, 0, e.width * sizeof(float));
    e.kernels->accumulate(tokens + i, g + i, weight + i, smaller(kBlock, n - i), e.centered.data(), residual, e.width,
                          partE, partD, e.width);
    e.kernels->axpy(1.0f, partE, gE, e.width);
    e.kernels->axpy(1.0f, partD, gD, e.width);
  }
}

/// A latent's pairs of one kind, its code gradients in `g`.
void accumulatePairs(const Pass& pass, int latent, const Pairs& pairs, const float* residual, float scale, bool isAux,
                     float* cache, Scratch& s, LatentSums& sums) {
  Engine& e = pass.step.engine;
  const uint32_t start = pairs.latentStart[latent];
  const int n = static_cast<int>(pairs.latentStart[latent + 1] - start);
  const int32_t* tokens = pairs.token.data() + start;
  float* values = s.floats.data();
  float* slopes = s.exact.data();
  float* weight = s.scores.data();
  float* g = cache + start;
  for (int i = 0; i < n; i++) values[i] = pairs.value[pairs.source[start + i]];
  if (!pass.cached) {
    e.kernels->dotRows(e.row(e.decoder(), latent), residual, e.width, tokens, n, e.width, slopes);
    for (int i = 0; i < n; i++) slopes[i] *= scale;
  }
  if (isAux) {
    for (int i = 0; i < n; i++) {
      if (!pass.cached) g[i] = slopes[i];
      sums.bias += g[i];
      weight[i] = values[i];
    }
  } else if (pass.cached) {
    const bool jump = e.config.family == kJumpRelu;
    for (int i = 0; i < n; i++) weight[i] = jump && !(values[i] > e.theta[latent]) ? 0 : values[i];
  } else {
    codeGradients(pass.step, latent, n, tokens, values, slopes, g, weight, s, sums);
  }
  for (int i = 0; i < n; i++) weight[i] *= scale;
  addRows(e, tokens, g, weight, n, residual, s);
}

void sparseLatent(const Pass& pass, int latent, Scratch& s) {
  Step& step = pass.step;
  Engine& e = step.engine;
  float* gE = s.encoderGradient.data();
  float* gD = s.decoderGradient.data();
  memset(gE, 0, e.width * sizeof(float));
  memset(gD, 0, e.width * sizeof(float));
  LatentSums sums;
  const size_t group = static_cast<size_t>(e.groupOf(latent)) * step.nTokens * e.width;
  accumulatePairs(pass, latent, e.pairs, e.residual.data() + group, step.residualScale, false, e.codeGradient.data(), s, sums);
  if (step.auxScale != 0) {
    accumulatePairs(pass, latent, e.auxPairs, e.auxResidual.data(), step.auxScale, true, e.auxGradient.data(), s, sums);
  }
  if (pass.cached) {
    sums.bias = e.biasGradient[latent];
    sums.threshold = e.thresholdGradient[latent];
    sums.norm = e.normGradient[latent];
  } else {
    e.biasGradient[latent] = static_cast<float>(sums.bias);
    e.thresholdGradient[latent] = static_cast<float>(sums.threshold);
    e.normGradient[latent] = static_cast<float>(sums.norm);
  }
  e.rowPenalties[latent] = storedGradients(step, latent, sums, gE, gD, s);
}

/// Squares of a latent's gradients over stored parameters.
double squaresOf(const Engine& e, int latent, const float* gE, const float* gD) {
  const double bias = e.biasGradient[latent], threshold = e.thresholdGradient[latent];
  const double encoder = e.config.map == kTied ? 0 : e.kernels->dot(gE, gE, e.width);
  return encoder + e.kernels->dot(gD, gD, e.width) + bias * bias + threshold * threshold;
}

/// Before a latent's rows change: their share of the gradient of the decoder bias, through the centered tokens.
void addCenterShare(Engine& e, int latent, float* partial) {
  if (e.biasGradient[latent] != 0) e.kernels->axpy(-e.biasGradient[latent], e.row(e.encoder(), latent), partial, e.width);
}

/// Asks for the rows of a latent that is next in turn.
void fetchRows(const Engine& e, int latent, bool moments) {
  if (latent >= e.config.dSae) return;
  for (const ParameterId id : kRowParameters) {
    const Parameter& p = e.parameter[id];
    if (p.value.size() == 0) continue;
    fetchRow(e.row(p.value.data(), latent), e.width);
    if (!moments) continue;
    fetchRow(e.row(p.mean.data(), latent), e.width);
    fetchRow(e.row(p.variance.data(), latent), e.width);
  }
}

void sparsePass(const Pass& pass) {
  Step& step = pass.step;
  Engine& e = step.engine;
  const int dSae = e.config.dSae;
  const bool measure = !pass.cached;
  parallelFor(*e.pool, (dSae + kBlock - 1) / kBlock, [&](int block, int thread) {
    Scratch& s = e.scratch[thread];
    float* partial = e.row(e.centerPartials.data(), block);
    if (measure) memset(partial, 0, e.width * sizeof(float));
    for (int f = block * kBlock; f < smaller((block + 1) * kBlock, dSae); f++) {
      fetchRows(e, f + 1, pass.apply);
      sparseLatent(pass, f, s);
      if (measure) {
        e.rowSquares[f] = pass.wantNorm ? squaresOf(e, f, s.encoderGradient.data(), s.decoderGradient.data()) : 0;
        addCenterShare(e, f, partial);
      }
      if (pass.apply) {
        updateLatent(e, f, pass.adam, s.encoderGradient.data(), s.decoderGradient.data(), e.biasGradient[f],
                     e.thresholdGradient[f]);
      }
    }
  });
}

/// The same with every token of every latent, by dense products over a block of latents. Where the norm must be known
/// first, gradients of rows are kept: this mode holds [dSae, B] latents anyway.
bool densePass(const Pass& pass) {
  Step& step = pass.step;
  Engine& e = step.engine;
  const int dSae = e.config.dSae, n = step.nTokens, width = e.width;
  const size_t stride = roundUp(n, kRowUnit);
  const float *tokens = e.centered.data(), *residuals = e.residual.data();
  const size_t apart = width;
  // What the tokens were packed for is done.
  PackedRight& residualsAlong = e.packedTokens;
  if (!residualsAlong.pack(*e.kernels, *e.pool, n, width, AlongDepth{residuals, apart}) ||
      !e.packedAcross.pack(*e.kernels, *e.pool, width, n, AcrossDepth{tokens, apart}) ||
      !e.packedResidual.pack(*e.kernels, *e.pool, width, n, AcrossDepth{residuals, apart})) {
    return false;
  }
  parallelFor(*e.pool, (dSae + kBlock - 1) / kBlock, [&](int block, int thread) {
    Scratch& s = e.scratch[thread];
    const int first = block * kBlock, count = smaller(kBlock, dSae - first);
    float* partial = e.row(e.centerPartials.data(), block);
    memset(partial, 0, width * sizeof(float));
    float* slopes = s.tile.data();
    float* g = slopes + kBlock * stride;
    float* weight = g + kBlock * stride;
    float* packA = s.packA.data();
    gemmWith(*e.kernels, packA, count, n, width, AlongDepth{e.row(e.decoder(), first), apart}, residualsAlong, slopes,
             stride);
    LatentSums sums[kBlock];
    for (int i = 0; i < count; i++) {
      float* row = slopes + i * stride;
      for (int b = 0; b < n; b++) row[b] *= step.residualScale;
      codeGradients(step, first + i, n, nullptr, e.dense.data() + (first + i) * stride, row, g + i * stride,
                    weight + i * stride, s, sums[i]);
      for (int b = 0; b < n; b++) weight[i * stride + b] *= step.residualScale;
    }
    float* gE = pass.apply ? s.encoderBlock.data() : e.row(e.denseGradient.data(), first);
    float* gD = pass.apply ? s.decoderBlock.data() : e.row(e.denseGradient.data(), static_cast<size_t>(dSae) + first);
    gemmWith(*e.kernels, packA, count, width, n, AlongDepth{g, stride}, e.packedAcross, gE, width);
    gemmWith(*e.kernels, packA, count, width, n, AlongDepth{weight, stride}, e.packedResidual, gD, width);
    for (int i = 0; i < count; i++) {
      const int f = first + i;
      float *rowE = e.row(gE, i), *rowD = e.row(gD, i);
      e.biasGradient[f] = static_cast<float>(sums[i].bias);
      e.thresholdGradient[f] = static_cast<float>(sums[i].threshold);
      e.rowPenalties[f] = storedGradients(step, f, sums[i], rowE, rowD, s);
      e.rowSquares[f] = pass.wantNorm ? squaresOf(e, f, rowE, rowD) : 0;
      addCenterShare(e, f, partial);
      if (pass.apply) updateLatent(e, f, pass.adam, rowE, rowD, e.biasGradient[f], e.thresholdGradient[f]);
    }
  });
  return true;
}

void applyDense(const Pass& pass) {
  Engine& e = pass.step.engine;
  const int dSae = e.config.dSae;
  parallelFor(*e.pool, (dSae + kBlock - 1) / kBlock, [&](int block, int) {
    for (int f = block * kBlock; f < smaller((block + 1) * kBlock, dSae); f++) {
      updateLatent(e, f, pass.adam, e.row(e.denseGradient.data(), f),
                   e.row(e.denseGradient.data(), static_cast<size_t>(dSae) + f), e.biasGradient[f],
                   e.thresholdGradient[f]);
    }
  });
}

/// Sums of columns over tokens, in blocks, times a factor, added to `out`.
void addColumns(Engine& e, const float* rows, int n, float factor, float* out) {
  const int nBlocks = (n + kBlock - 1) / kBlock;
  float* partials = e.columnPartials.data();
  parallelFor(*e.pool, nBlocks, [&](int block, int) {
    float* partial = e.row(partials, block);
    memset(partial, 0, e.width * sizeof(float));
    for (int b = block * kBlock; b < smaller((block + 1) * kBlock, n); b++) {
      e.kernels->axpy(1.0f, e.row(rows, b), partial, e.width);
    }
  });
  for (int block = 0; block < nBlocks; block++) e.kernels->axpy(factor, e.row(partials, block), out, e.width);
}

void decoderBiasGradient(Step& step, float* out) {
  Engine& e = step.engine;
  memset(out, 0, e.width * sizeof(float));
  addColumns(e, e.residual.data(), step.nTokens, step.residualScale, out);
  if (step.auxScale != 0 && e.config.auxkForm == kScaledWithBias) {
    addColumns(e, e.auxResidual.data(), step.nTokens, step.auxScale, out);
  }
  if (!e.config.subtractDecoderBias) return;
  const int nBlocks = (e.config.dSae + kBlock - 1) / kBlock;
  for (int block = 0; block < nBlocks; block++) e.kernels->axpy(1.0f, e.row(e.centerPartials.data(), block), out, e.width);
}

double power(double base, int64_t exponent) {
  double result = 1;
  for (; exponent > 0; exponent >>= 1, base *= base) {
    if ((exponent & 1) != 0) result *= base;
  }
  return result;
}

AdamStep adamStep(const Engine& e, double lr) {
  const Config& c = e.config;
  const int64_t t = e.nSteps + 1;
  AdamStep a;
  a.beta1 = static_cast<float>(c.beta1);
  a.oneMinusBeta1 = static_cast<float>(1 - c.beta1);
  a.beta2 = static_cast<float>(c.beta2);
  a.oneMinusBeta2 = static_cast<float>(1 - c.beta2);
  a.inverseSpread = static_cast<float>(1 / __builtin_sqrt(1 - power(c.beta2, t)));
  a.epsilon = static_cast<float>(c.epsilon);
  a.stepSize = static_cast<float>(lr / (1 - power(c.beta1, t)));
  a.gradientScale = 1;
  return a;
}

bool reserveUpdate(Step& step, bool clip) {
  Engine& e = step.engine;
  const size_t width = e.width, dSae = e.config.dSae, n = step.nTokens;
  const size_t latents = roundUp(dSae, kRowUnit), stride = roundUp(n, kRowUnit);
  const size_t nBlocks = (dSae + kBlock - 1) / kBlock, nTokenBlocks = (n + kBlock - 1) / kBlock;
  const size_t rows = step.useDense ? kBlock : 1;
  bool enough = e.biasGradient.resize(latents) && e.thresholdGradient.resize(latents) && e.normGradient.resize(latents) &&
                e.centerPartials.resize(nBlocks * width) && e.columnPartials.resize(nTokenBlocks * width) &&
                e.rowSquares.resize(dSae) && e.rowPenalties.resize(dSae);
  if (step.useDense) {
    enough = enough && (!clip || e.denseGradient.resize(2 * dSae * width));
  } else {
    enough = enough && e.codeGradient.resize(e.pairs.count()) &&
             (step.auxScale == 0 || e.auxGradient.resize(e.auxPairs.count()));
  }
  for (int t = 0; t < e.nScratch && enough; t++) {
    Scratch& s = e.scratch[t];
    const size_t most = larger(stride, width);
    enough = s.encoderGradient.resize(width) && s.decoderGradient.resize(width) && s.floats.resize(most) &&
             s.moreFloats.resize(most) && s.exact.resize(most) && s.scores.resize(most) &&
             s.encoderBlock.resize(rows * width) && s.decoderBlock.resize(rows * width);
    if (step.useDense) {
      enough = enough && reserveGemm(*e.kernels, s.packA, s.packB) && s.tile.resize(3 * kBlock * stride);
    }
  }
  return enough;
}

}  // namespace

Status updateParameters(Step& step) {
  Engine& e = step.engine;
  const bool clip = step.controls.clipNorm > 0;
  if (!reserveUpdate(step, clip)) return kNoMemory;
  Array<float> gradient;
  if (!gradient.resize(e.width)) return kNoMemory;
  Pass pass{step, false, !clip, clip || step.controls.wantStats, adamStep(e, step.controls.lr)};
  if (!step.useDense) {
    sparsePass(pass);
  } else if (!densePass(pass)) {
    return kNoMemory;
  }
  decoderBiasGradient(step, gradient.data());
  double squares = e.kernels->dot(gradient.data(), gradient.data(), e.width);
  double penalty = 0;
  for (int f = 0; f < e.config.dSae; f++) {
    squares += e.rowSquares[f];
    penalty += e.rowPenalties[f];
  }
  step.report.gradientNorm = __builtin_sqrt(squares);
  step.report.rowPenalty = penalty;
  if (clip) {
    const double factor = step.controls.clipNorm / (step.report.gradientNorm + kClipEpsilon);
    pass.adam.gradientScale = static_cast<float>(smaller(1.0, factor));
    pass.cached = pass.apply = true;
    if (step.useDense) {
      applyDense(pass);
    } else {
      sparsePass(pass);
    }
  }
  Parameter& bias = e.parameter[kDecoderBias];
  e.kernels->adam(pass.adam, gradient.data(), bias.value.data(), bias.mean.data(), bias.variance.data(), e.width);
  e.nSteps++;
  return kOk;
}

}  // namespace plumbline
