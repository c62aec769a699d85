#include <string.h>

#include "step.h"

namespace plumbline {
namespace {

constexpr int kBlock = 32;

/// What a pair decodes with: the value itself, or for JumpReLU, whose pairs carry pre-activations, what passes.
inline float decoded(const Engine& e, int latent, float value) {
  return e.config.family == kJumpRelu && !(value > e.theta[latent]) ? 0.0f : value;
}

}  // namespace

double squaresAroundMean(const Engine& e, const float* rows, int n) {
  const int width = e.width;
  Array<double> mean;
  if (!mean.resize(width)) return 0;
  mean.fill(0);
  for (int b = 0; b < n; b++) {
    const float* row = e.row(rows, b);
    for (int d = 0; d < width; d++) mean[d] += row[d];
  }
  for (int d = 0; d < width; d++) mean[d] /= n;
  double sum = 0;
  for (int b = 0; b < n; b++) {
    const float* row = e.row(rows, b);
    for (int d = 0; d < width; d++) sum += (row[d] - mean[d]) * (row[d] - mean[d]);
  }
  return sum;
}

bool reconstruct(Step& step) {
  Engine& e = step.engine;
  const Config& c = e.config;
  const int n = step.nTokens, width = e.width;
  const size_t perGroup = static_cast<size_t>(n) * width;
  if (!e.residual.resize(perGroup * c.nGroups) || !e.tokenSums.resize(static_cast<size_t>(n) * c.nGroups)) return false;
  size_t most = 1;
  for (int b = 0; b < n; b++) most = larger<size_t>(most, e.pairs.tokenStart[b + 1] - e.pairs.tokenStart[b]);
  for (int t = 0; t < e.nScratch; t++) {
    if (!e.scratch[t].floats.resize(most)) return false;
  }
  parallelFor(*e.pool, (n + kBlock - 1) / kBlock, [&](int block, int thread) {
    float* values = e.scratch[thread].floats.data();
    for (int b = block * kBlock; b < smaller((block + 1) * kBlock, n); b++) {
      const uint32_t start = e.pairs.tokenStart[b], end = e.pairs.tokenStart[b + 1];
      const int32_t* latent = e.pairs.latent.data() + start;
      for (uint32_t i = start; i < end; i++) values[i - start] = decoded(e, e.pairs.latent[i], e.pairs.value[i]);
      const float* from = e.parameter[kDecoderBias].value.data();
      int at = 0;
      for (int group = 0; group < c.nGroups; group++) {
        int until = at;
        while (until < static_cast<int>(end - start) && latent[until] < c.groupEnd[group]) until++;
        float* xHat = e.row(e.residual.data() + perGroup * group, b);
        e.kernels->combineRows(from, e.decoder(), width, latent + at, values + at, until - at, xHat, width);
        from = xHat;
        at = until;
      }
      for (int group = 0; group < c.nGroups; group++) {
        float* row = e.row(e.residual.data() + perGroup * group, b);
        e.kernels->subtract(row, e.row(e.x.data(), b), row, width);
        e.tokenSums[static_cast<size_t>(group) * n + b] = e.kernels->dot(row, row, width);
      }
    }
  });
  double loss = 0;
  for (int group = 0; group < c.nGroups; group++) {
    double sum = 0;
    for (int b = 0; b < n; b++) sum += e.tokenSums[static_cast<size_t>(group) * n + b];
    loss += c.groupWeight[group] * sum;
  }
  step.report.reconstruction = loss / n;
  return true;
}

void weighResiduals(Step& step) {
  Engine& e = step.engine;
  const Config& c = e.config;
  if (c.nGroups == 1) {
    step.residualScale *= static_cast<float>(c.groupWeight[0]);
    return;
  }
  const size_t perGroup = static_cast<size_t>(step.nTokens) * e.width;
  parallelFor(*e.pool, (step.nTokens + kBlock - 1) / kBlock, [&](int block, int) {
    for (int b = block * kBlock; b < smaller((block + 1) * kBlock, step.nTokens); b++) {
      for (int group = c.nGroups - 1; group >= 0; group--) {
        float* row = e.row(e.residual.data() + perGroup * group, b);
        e.kernels->scaleInto(static_cast<float>(c.groupWeight[group]), row, row, e.width);
        if (group + 1 < c.nGroups) {
          e.kernels->axpy(1.0f, e.row(e.residual.data() + perGroup * (group + 1), b), row, e.width);
        }
      }
    }
  });
}

bool penalize(Step& step) {
  Engine& e = step.engine;
  const Config& c = e.config;
  const Controls& controls = step.controls;
  const int n = step.nTokens;
  if (c.penalty == kNoPenalty) return true;
  const bool isNorm = c.penalty == kLpNorm, isPower = c.penalty == kLpPower;
  if (!e.tokenSums.resize(static_cast<size_t>(n) * 2) || (isNorm && !e.tokenFactor.resize(n))) return false;
  size_t most = 1;
  for (int b = 0; b < n; b++) most = larger<size_t>(most, e.pairs.tokenStart[b + 1] - e.pairs.tokenStart[b]);
  for (int t = 0; t < e.nScratch; t++) {
    if (!e.scratch[t].floats.resize(most) || !e.scratch[t].moreFloats.resize(most)) return false;
  }
  // Latents count by value times the norm of their row where norms are free.
  const bool free = !c.unitRows;
  double* atP = e.tokenSums.data();
  double* atNext = atP + n;
  const int nZeroCounted = [&] {
    int count = 0;
    for (int f = 0; c.countsLatents && f < c.dSae; f++) count += e.theta[f] < 0 ? 1 : 0;
    return count;
  }();
  parallelFor(*e.pool, (n + kBlock - 1) / kBlock, [&](int block, int thread) {
    float* weighted = e.scratch[thread].floats.data();
    float* out = e.scratch[thread].moreFloats.data();
    for (int b = block * kBlock; b < smaller((block + 1) * kBlock, n); b++) {
      const uint32_t start = e.pairs.tokenStart[b], end = e.pairs.tokenStart[b + 1];
      const int count = static_cast<int>(end - start);
      double sum = 0, next = 0;
      for (int i = 0; i < count; i++) {
        const int f = e.pairs.latent[start + i];
        const float value = decoded(e, f, e.pairs.value[start + i]);
        weighted[i] = free ? value * e.decoderNorm[f] : value;
      }
      const auto total = [&](const float* values) {
        double s = 0;
        for (int i = 0; i < count; i++) s += values[i];
        return s;
      };
      if (c.penalty == kL1) {
        sum = total(weighted);
      } else if (isPower || isNorm) {
        const float p = static_cast<float>(controls.p), nextP = static_cast<float>(controls.nextP);
        e.kernels->power(weighted, p, out, count);
        sum = total(out);
        e.kernels->power(weighted, nextP, out, count);
        next = total(out);
        if (isNorm) {
          // d (Σ w^p)^(1/p) = (Σ w^p)^(1/p − 1) · w^(p − 1) dw
          const float power = static_cast<float>(sum), nextPower = static_cast<float>(next);
          float root, nextRoot;
          e.kernels->power(&power, 1.0f / p - 1.0f, &e.tokenFactor[b], 1);
          e.kernels->power(&power, 1.0f / p, &root, 1);
          e.kernels->power(&nextPower, 1.0f / nextP, &nextRoot, 1);
          sum = root;
          next = nextRoot;
        }
      } else if (c.penalty == kTanh) {
        e.kernels->hyperbolicTangent(weighted, static_cast<float>(c.tanhScale), out, count);
        sum = total(out);
      } else {
        for (int i = 0; i < count; i++) {
          const int f = e.pairs.latent[start + i];
          const float pre = e.pairs.value[start + i];
          const float counted = c.countsLatents ? decoded(e, f, pre) : pre;
          sum += counted > e.theta[f] ? 1 : 0;
          // A latent of 0 is counted below with those that are not pairs at all.
          if (c.countsLatents && e.theta[f] < 0 && !(pre > e.theta[f])) sum -= 1;
        }
        if (c.countsLatents) {
          int present = 0;
          for (int i = 0; i < count; i++) {
            const int f = e.pairs.latent[start + i];
            present += e.theta[f] < 0 && e.pairs.value[start + i] > e.theta[f] ? 1 : 0;
          }
          sum += nZeroCounted - present;
        }
      }
      atP[b] = sum;
      atNext[b] = next;
    }
  });
  double sum = 0, next = 0;
  for (int b = 0; b < n; b++) {
    sum += atP[b];
    next += atNext[b];
  }
  setPenalty(step, sum, next);
  return true;
}

}  // namespace plumbline
