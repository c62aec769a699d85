// Inference: every family's rule against scores of every pair, and the way back against float64.
#include <algorithm>

#include "check.h"
#include "screening.h"
#include "themes.h"

namespace plumbline {
namespace test {
namespace {

struct Latents {
  std::vector<uint32_t> starts, indices;
  std::vector<float> values;
};

Latents latentsOf(const Engine& e, int nTokens) {
  const Pairs& pairs = e.pairs;
  Latents out;
  out.starts.assign(pairs.tokenStart.data(), pairs.tokenStart.data() + nTokens + 1);
  out.indices.assign(pairs.latent.data(), pairs.latent.data() + pairs.count());
  out.values.assign(pairs.value.data(), pairs.value.data() + pairs.count());
  return out;
}

/// What a latent with this score is by the family's rule; 0 where it is silent.
float valueOf(const Engine& e, int f, float score) {
  const Config& c = e.config;
  const float theta = c.family == kBatchTopK ? e.threshold : c.family == kJumpRelu ? e.theta[f] : 0.0f;
  if (!(score > 0) || !(score > theta)) return 0;
  if (c.family != kGated) return score;
  float scale;
  e.kernels->exponential(&e.magnitudeScale[f], &scale, 1);
  return larger(0.0f, scale * (score - e.parameter[kEncoderBias].value[f]) + e.magnitudeBias[f]);
}

/// Same bits, but for what a gate opens: compilers may fuse its product and sum here and not there.
bool sameValues(const std::vector<float>& a, const std::vector<float>& b, bool isGated) {
  if (a.size() != b.size()) return false;
  if (!isGated) return sameBits(a.data(), b.data(), a.size());
  for (size_t i = 0; i < a.size(); i++) {
    if (std::abs(a[i] - b[i]) > 1e-6 * std::abs(a[i]) + 1e-6) return false;
  }
  return true;
}

/// Latents of every token from the scores of all.
Latents expectedLatents(const Engine& e, int nTokens) {
  const int dSae = e.config.dSae;
  const std::vector<float> scores = canonicalScores(e, nTokens);
  Latents out;
  out.starts.push_back(0);
  for (int b = 0; b < nTokens; b++) {
    const float* row = scores.data() + static_cast<size_t>(b) * dSae;
    std::vector<uint32_t> kept;
    for (int f = 0; f < dSae; f++) {
      if (valueOf(e, f, row[f]) > 0) kept.push_back(f);
    }
    if (e.config.family == kTopK) {
      std::stable_sort(kept.begin(), kept.end(), [&](uint32_t a, uint32_t c) { return row[a] > row[c]; });
      if (static_cast<int>(kept.size()) > e.config.k) kept.resize(e.config.k);
      std::sort(kept.begin(), kept.end());
    }
    for (const uint32_t f : kept) {
      out.indices.push_back(f);
      out.values.push_back(valueOf(e, f, row[f]));
    }
    out.starts.push_back(static_cast<uint32_t>(out.indices.size()));
  }
  return out;
}

void checkDecode(Engine& e, const Latents& latents, int nTokens) {
  const int dIn = e.config.dIn;
  std::vector<float> out(static_cast<size_t>(nTokens) * dIn);
  CHECK(decodeBatch(e, nTokens, latents.starts.data(), latents.indices.data(), latents.values.data(), out.data()) == kOk);
  for (int b = 0; b < nTokens; b++) {
    for (int d = 0; d < dIn; d++) {
      double wanted = e.parameter[kDecoderBias].value[d], size = std::abs(wanted), underflow = kLeastFloat;
      for (uint32_t i = latents.starts[b]; i < latents.starts[b + 1]; i++) {
        const uint32_t f = latents.indices[i];
        const double rank = e.rank[f] > 0 ? e.rank[f] : 1;
        const double part = latents.values[i] / rank * e.row(e.decoder(), f)[d];
        wanted += part;
        size += std::abs(part);
        underflow += kLeastFloat * (1 + std::abs(e.row(e.decoder(), f)[d]));
      }
      const double limit = (latents.starts[b + 1] - latents.starts[b] + 4) * kHalfUlp * size + underflow;
      const float got = out[static_cast<size_t>(b) * dIn + d];
      CHECK_IN(std::abs(got - wanted) <= limit, "decoded %a, not %a", got, wanted);
    }
  }
}

/// A threshold that a score hits: it does not pass.
void hitThreshold(const Kernels& kernels, Random& random, Problem& problem) {
  const Instance made = openProblem(kernels, problem, kF32, 1);
  const std::vector<float> scores = canonicalScores(*made, problem.nTokens);
  const size_t hit = random.below(static_cast<int>(scores.size()));
  if (problem.recipe.family == kBatchTopK) problem.state.counters[2] = scores[hit];
  for (auto& [id, data] : problem.state.arrays) {
    if (id == kThreshold) data[hit % problem.recipe.dSae] = scores[hit];
  }
}

void checkFamily(const Kernels& kernels, Random& random, Family family) {
  Problem problem = randomProblem(random);
  problem.recipe.family = family;
  problem.recipe.trainable = random.chance(0.5);
  problem.state.counters[2] = random.chance(0.2) ? -0.1 : 0.3;
  const std::vector<float> extra = randomBatch(random, 2 * problem.recipe.dSae, 1);
  if (family == kGated) {
    problem.state.arrays.emplace_back(kArrayMagnitudeScale, std::vector<float>(extra.begin(), extra.begin() + problem.recipe.dSae));
    problem.state.arrays.emplace_back(kArrayMagnitudeBias, std::vector<float>(extra.begin() + problem.recipe.dSae, extra.end()));
  }
  if (random.chance(0.5)) hitThreshold(kernels, random, problem);
  for (const Level level : levelsOf(kernels)) {
    for (const int threads : {1, 3, kShuffled}) {
      const Instance made = openProblem(kernels, problem, level, threads);
      Report report;
      CHECK(encodeBatch(*made, problem.batch.data(), problem.nTokens, report) == kOk);
      const Latents got = latentsOf(*made, problem.nTokens), wanted = expectedLatents(*made, problem.nTokens);
      CHECK_IN(got.starts == wanted.starts && got.indices == wanted.indices, "family %d, level %d: other latents", family, level);
      CHECK_IN(sameValues(got.values, wanted.values, family == kGated), "family %d, level %d: other values", family, level);
      if (level == kF32) checkDecode(*made, got, problem.nTokens);
    }
  }
}

}  // namespace

void testEncode(const Kernels& kernels, const Effort& effort) {
  Random random = effort.random(19);
  for (int round = 0; round < effort.times(6); round++) {
    for (const Family family : {kTopK, kBatchTopK, kRelu, kJumpRelu, kGated}) checkFamily(kernels, random, family);
  }
}

}  // namespace test
}  // namespace plumbline
