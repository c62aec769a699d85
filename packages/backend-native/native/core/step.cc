#include "step.h"

#include <string.h>

#include "numbers.h"

namespace plumbline {
namespace {

/// Counting stops here, well below the largest int32.
constexpr int32_t kLongestSilence = 1 << 30;

/// How many tokens of the batch each latent fired on.
void countFirings(Step& step) {
  Engine& e = step.engine;
  const Config& c = e.config;
  double total = 0;
  for (int f = 0; f < c.dSae; f++) {
    int fired = 0;
    if (c.family == kJumpRelu) {
      for (uint32_t i = e.pairs.latentStart[f]; i < e.pairs.latentStart[f + 1]; i++) {
        const float value = e.pairs.value[e.pairs.source[i]];
        fired += value > e.theta[f] && value > 0 ? 1 : 0;
      }
    } else {
      fired = static_cast<int>(e.pairs.latentStart[f + 1] - e.pairs.latentStart[f]);
    }
    e.firedTokens[f] = fired;
    total += fired;
  }
  step.report.l0 = total / step.nTokens;
}

/// Advances the silence of every latent; marks the dead before or after this batch, as AuxK's form asks.
int advanceSilence(Step& step, Array<uint8_t>& deadForAuxk) {
  Engine& e = step.engine;
  const Config& c = e.config;
  int nDead = 0, nMarked = 0;
  for (int f = 0; f < c.dSae; f++) {
    int32_t& since = e.tokensSinceFired[f];
    const bool before = since >= c.deadAfterTokens;
    const int64_t longer = static_cast<int64_t>(since) + step.nTokens;
    since = e.firedTokens[f] > 0 ? 0 : static_cast<int32_t>(smaller<int64_t>(longer, kLongestSilence));
    const bool after = since >= c.deadAfterTokens;
    deadForAuxk[f] = (c.auxkForm == kNormalized ? after : before) ? 1 : 0;
    nDead += after ? 1 : 0;
    nMarked += deadForAuxk[f];
  }
  step.report.deadLatents = nDead;
  return nMarked;
}

/// The running average of the smallest latent that batch rules kept, scores still carrying the rank.
void advanceThreshold(Engine& e) {
  const Config& c = e.config;
  float smallest = 0;
  bool exists = false;
  for (size_t i = 0; i < e.pairs.count(); i++) {
    if (!exists || e.pairs.value[i] < smallest) smallest = e.pairs.value[i];
    exists = true;
  }
  const bool due = exists && e.batches > c.thresholdAfterBatches - 1;
  if (due) {
    const float decay = static_cast<float>(c.thresholdDecay), rest = static_cast<float>(1 - c.thresholdDecay);
    const bool whole = c.thresholdAverage == kFirstValue && e.thresholdWeight == 0;
    const float share = whole ? decay + rest : rest;
    e.thresholdAverage += share * (smallest - e.thresholdAverage);
    e.thresholdWeight += share * (1 - e.thresholdWeight);
  }
  const bool corrected = c.thresholdAverage == kCorrected && e.thresholdWeight > 0;
  e.threshold = corrected ? e.thresholdAverage / e.thresholdWeight : e.thresholdAverage;
  e.batches++;
}

Status sparseForward(Step& step) {
  Engine& e = step.engine;
  Status status = selectForTraining(step);
  if (status != kOk) return status;
  if (!sortByLatent(e.pairs, e.config.dSae)) return kNoMemory;
  countFirings(step);
  if (e.config.family == kBatchTopK) advanceThreshold(e);
  // What follows decodes values, not ranks.
  if (e.config.rankByNorm) {
    for (size_t i = 0; i < e.pairs.count(); i++) e.pairs.value[i] /= e.rank[e.pairs.latent[i]];
  }
  return penalize(step) && reconstruct(step) ? kOk : kNoMemory;
}

}  // namespace

void setPenalty(Step& step, double sum, double next) {
  const Config& c = step.engine.config;
  const double mean = sum / step.nTokens, coefficient = step.controls.sparsityCoefficient;
  step.report.penaltyAtP = mean;
  step.report.penaltyAtNextP = next / step.nTokens;
  if (c.penalty == kTarget) {
    const double off = mean / c.targetL0 - 1;
    step.report.sparsity = coefficient * off * off;
    step.countScale = static_cast<float>(coefficient * 2 * off / c.targetL0 / step.nTokens);
  } else {
    step.report.sparsity = coefficient * mean;
    step.countScale = static_cast<float>(coefficient / step.nTokens);
  }
}

Status trainStep(Engine& e, const float* batch, int nTokens, const Controls& controls, Report& report) {
  const Config& c = e.config;
  memset(&report, 0, sizeof report);
  if (!c.trainable) return kNotTrainable;
  const int bad = loadBatch(e, batch, nTokens);
  if (bad == -2) return kNoMemory;
  if (bad >= 0) {
    report.badRow = bad;
    return kNotFinite;
  }
  Array<uint8_t> dead;
  if (!dead.resize(c.dSae) || !e.firedTokens.resize(c.dSae)) return kNoMemory;
  Step step{e, controls, report, nTokens, 2.0f / static_cast<float>(nTokens),
            static_cast<float>(controls.sparsityCoefficient / nTokens), 0, 0, false};
  Status status;
  step.useDense = prefersDense(step, status);
  if (status != kOk) return status;
  report.dense = step.useDense ? 1 : 0;
  status = step.useDense ? denseForward(step) : sparseForward(step);
  if (status != kOk) return status;
  if (!step.useDense) e.dense.clear();
  const int nMarked = advanceSilence(step, dead);
  if (controls.wantStats) {
    const double total = squaresAroundMean(e, e.x.data(), nTokens);
    double error = 0;
    const size_t last = static_cast<size_t>(c.nGroups - 1) * nTokens;
    for (int b = 0; b < nTokens; b++) {
      const float* row = e.row(e.residual.data(), last + b);
      error += e.kernels->dot(row, row, e.width);
    }
    report.explainedVariance = 1 - error / larger(total, 1e-30);
  }
  if (c.auxkCoefficient > 0 && nMarked > 0) {
    status = auxiliary(step, dead, nMarked);
    if (status != kOk) return status;
  }
  weighResiduals(step);
  status = updateParameters(step);
  report.loss = report.reconstruction + report.sparsity + report.auxk + report.rowPenalty;
  return status;
}

Status encodeBatch(Engine& e, const float* batch, int nTokens, Report& report) {
  const Config& c = e.config;
  memset(&report, 0, sizeof report);
  const int bad = loadBatch(e, batch, nTokens);
  if (bad == -2) return kNoMemory;
  if (bad >= 0) {
    report.badRow = bad;
    return kNotFinite;
  }
  TokenLists& lists = *e.lists;
  ScreenCounts counts;
  if (!lists.resize(nTokens)) return kNoMemory;
  const Tokens all{nTokens, nullptr};
  Status status;
  if (c.family == kTopK) {
    status = screenLargest(e, all, c.k, c.level, lists, counts);
  } else {
    for (int f = 0; f < c.dSae; f++) {
      const float theta = c.family == kBatchTopK ? e.threshold : c.family == kJumpRelu ? e.theta[f] : 0.0f;
      e.rowThreshold[f] = larger(theta, 0.0f);
    }
    status = screenAbove(e, all, true, 0.0f, c.level, lists, counts);
  }
  if (status != kOk) return status;
  report.unprovenRows = report.redoneRows = counts.unproven;
  report.rescoredLatents = static_cast<double>(counts.rescored) / nTokens;
  // A threshold itself does not pass; a gate only opens.
  for (int b = 0; b < nTokens; b++) {
    PairList& list = lists[b];
    size_t kept = 0;
    for (size_t i = 0; i < list.size; i++) {
      const int f = list.latent[i];
      float value = list.value[i];
      if (c.family != kTopK && !(value > e.rowThreshold[f])) continue;
      if (c.family == kGated) {
        float scale;
        e.kernels->exponential(&e.magnitudeScale[f], &scale, 1);
        value = scale * (value - e.parameter[kEncoderBias].value[f]) + e.magnitudeBias[f];
        if (!(value > 0)) continue;
      }
      list.latent[kept] = f;
      list.value[kept] = value;
      kept++;
    }
    list.size = kept;
  }
  return lists.join(e.pairs) ? kOk : kNoMemory;
}

Status decodeBatch(Engine& e, int nTokens, const uint32_t* starts, const uint32_t* indices, const float* values,
                   float* out) {
  constexpr int kBlock = 32;
  const Config& c = e.config;
  size_t most = 1;
  for (int b = 0; b < nTokens; b++) most = larger<size_t>(most, starts[b + 1] - starts[b]);
  for (int t = 0; t < e.nScratch; t++) {
    if (!e.scratch[t].floats.resize(most) || !e.scratch[t].moreFloats.resize(e.width)) return kNoMemory;
  }
  parallelFor(*e.pool, (nTokens + kBlock - 1) / kBlock, [&](int block, int thread) {
    Scratch& s = e.scratch[thread];
    for (int b = block * kBlock; b < smaller((block + 1) * kBlock, nTokens); b++) {
      const int count = static_cast<int>(starts[b + 1] - starts[b]);
      const int32_t* latent = reinterpret_cast<const int32_t*>(indices + starts[b]);
      // A trained SAE whose latents were ranked by norm has rows of norm 1 and latents that much larger.
      for (int i = 0; i < count; i++) {
        const float rank = e.rank[latent[i]];
        s.floats[i] = values[starts[b] + i] / (rank > 0 ? rank : 1.0f);
      }
      e.kernels->combineRows(e.parameter[kDecoderBias].value.data(), e.decoder(), e.width, latent, s.floats.data(), count,
                             s.moreFloats.data(), e.width);
      memcpy(out + static_cast<size_t>(b) * c.dIn, s.moreFloats.data(), c.dIn * sizeof(float));
    }
  });
  return kOk;
}

}  // namespace plumbline
