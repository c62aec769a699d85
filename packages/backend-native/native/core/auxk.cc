#include <string.h>

#include "gemm.h"
#include "numbers.h"
#include "step.h"

namespace plumbline {
namespace {

constexpr int kBlock = 64;

/// The `k` largest of the scores, ties to the earlier one, in order; returns how many.
int largestInOrder(const float* scores, int n, int k, float* copy, int32_t* out) {
  if (n <= k) {
    for (int i = 0; i < n; i++) out[i] = i;
    return n;
  }
  memcpy(copy, scores, static_cast<size_t>(n) * sizeof(float));
  const float limit = kthLargest(copy, n, k);
  int above = 0, kept = 0;
  for (int i = 0; i < n; i++) above += scores[i] > limit ? 1 : 0;
  int ties = k - above;
  for (int i = 0; i < n && kept < k; i++) {
    if (scores[i] > limit || (scores[i] == limit && ties-- > 0)) out[kept++] = i;
  }
  return kept;
}

}  // namespace

Status auxiliary(Step& step, const Array<uint8_t>& dead, int nDead) {
  Engine& e = step.engine;
  const Config& c = e.config;
  const int n = step.nTokens, width = e.width;
  const int wanted = c.auxk == 0 ? larger(1, c.dIn / 2) : c.auxk;
  const int k = smaller(wanted, c.dSae);
  Array<int32_t> latents;
  Array<float> rows;
  TokenLists& lists = *e.lists;
  if (!latents.resize(nDead) || !rows.resize(static_cast<size_t>(nDead) * width) || !lists.resize(n) ||
      !e.auxResidual.resize(static_cast<size_t>(n) * width) || !e.tokenSums.resize(n)) {
    return kNoMemory;
  }
  int at = 0;
  for (int f = 0; f < c.dSae; f++) {
    if (dead[f] == 0) continue;
    memcpy(e.row(rows.data(), at), e.row(e.encoder(), f), width * sizeof(float));
    latents[at++] = f;
  }
  for (int t = 0; t < e.nScratch; t++) {
    Scratch& s = e.scratch[t];
    if (!reserveGemm(*e.kernels, s.packA, s.packB) || !s.tile.resize(static_cast<size_t>(kBlock) * nDead) ||
        !s.floats.resize(nDead) || !s.moreFloats.resize(nDead) || !s.indices.resize(nDead)) {
      return kNoMemory;
    }
  }
  const float* residual = e.residual.data() + static_cast<size_t>(c.nGroups - 1) * n * width;
  const float* bias = e.parameter[kEncoderBias].value.data();
  const bool normalized = c.auxkForm == kNormalized;
  const float* start = c.auxkForm == kScaledWithBias ? e.parameter[kDecoderBias].value.data() : e.zeroRow.data();
  PackedRight deadRows;
  if (!deadRows.pack(*e.kernels, *e.pool, nDead, width, AlongDepth{rows.data(), static_cast<size_t>(width)})) return kNoMemory;
  parallelFor(*e.pool, (n + kBlock - 1) / kBlock, [&](int block, int thread) {
    Scratch& s = e.scratch[thread];
    const int first = block * kBlock, count = smaller(kBlock, n - first);
    float* pre = s.tile.data();
    gemmWith(*e.kernels, s.packA.data(), count, nDead, width,
             AlongDepth{e.row(e.centered.data(), first), static_cast<size_t>(width)}, deadRows, pre, nDead);
    for (int i = 0; i < count; i++) {
      const int b = first + i;
      float* scores = pre + static_cast<size_t>(i) * nDead;
      float* ranked = s.floats.data();
      for (int j = 0; j < nDead; j++) {
        scores[j] += bias[latents[j]];
        ranked[j] = scores[j] * e.rank[latents[j]];
      }
      const int chosen = largestInOrder(ranked, nDead, k, s.moreFloats.data(), s.indices.data());
      PairList& list = lists[b];
      for (int j = 0; j < chosen; j++) {
        const float value = scores[s.indices[j]];
        // Only the form that cuts negative ones off has no gradient at 0.
        if (value > 0 || !normalized) list.push(latents[s.indices[j]], value);
      }
      float* out = e.row(e.auxResidual.data(), b);
      e.kernels->combineRows(start, e.decoder(), width, list.latent, list.value, static_cast<int>(list.size), out, width);
      // rebuilt − (x − xHat), with residual = xHat − x
      e.kernels->axpy(1.0f, e.row(residual, b), out, width);
      e.tokenSums[b] = e.kernels->dot(out, out, width);
    }
  });
  double error = 0;
  for (int b = 0; b < n; b++) error += e.tokenSums[b];
  double scale;
  if (normalized) {
    const double variance = squaresAroundMean(e, residual, n);
    scale = variance > 0 ? c.auxkCoefficient / larger(variance, 1e-30) : 0;
  } else {
    scale = c.auxkCoefficient * smaller(static_cast<double>(nDead) / wanted, 1.0) / n;
  }
  step.report.auxk = error * scale;
  step.auxScale = static_cast<float>(2 * scale);
  return lists.join(e.auxPairs) && sortByLatent(e.auxPairs, c.dSae) ? kOk : kNoMemory;
}

}  // namespace plumbline
