// Which latents a training step keeps, against scores of every pair: whole batches, ties, and what fires in the band of JumpReLU.
#include <algorithm>

#include "../core/step.h"
#include "check.h"
#include "screening.h"
#include "themes.h"

namespace plumbline {
namespace test {
namespace {

/// A latent of a token; in the order of pairs.
struct Kept {
  int token;
  int32_t latent;
  float score;
};

std::vector<Kept> allPairs(const Engine& e, int nTokens) {
  const std::vector<float> scores = canonicalScores(e, nTokens);
  std::vector<Kept> pairs;
  for (size_t i = 0; i < scores.size(); i++) {
    pairs.push_back(Kept{static_cast<int>(i) / e.config.dSae, static_cast<int32_t>(i) % e.config.dSae, scores[i]});
  }
  return pairs;
}

/// Those above 0, the n largest of all; ties to the earlier token, then the lower latent.
std::vector<Kept> largestOfBatch(const std::vector<Kept>& pairs, size_t n) {
  std::vector<size_t> order;
  for (size_t i = 0; i < pairs.size(); i++) {
    if (pairs[i].score > 0) order.push_back(i);
  }
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return pairs[a].score > pairs[b].score; });
  if (order.size() > n) order.resize(n);
  std::sort(order.begin(), order.end());
  std::vector<Kept> kept;
  for (const size_t i : order) kept.push_back(pairs[i]);
  return kept;
}

std::vector<Kept> expected(const Engine& e, const std::vector<Kept>& pairs, int nTokens, double k) {
  const Config& c = e.config;
  std::vector<Kept> kept;
  if (c.family == kBatchTopK) return largestOfBatch(pairs, larger<size_t>(1, static_cast<size_t>(k * nTokens)));
  for (int b = 0; b < nTokens && c.family == kTopK; b++) {
    const auto start = pairs.begin() + static_cast<ptrdiff_t>(b) * c.dSae;
    const std::vector<Kept> own = largestOfBatch(std::vector<Kept>(start, start + c.dSae), static_cast<size_t>(k));
    kept.insert(kept.end(), own.begin(), own.end());
  }
  for (const Kept& pair : pairs) {
    if (c.family == kRelu && pair.score > 0) kept.push_back(pair);
    if (c.family != kJumpRelu) continue;
    const float half = static_cast<float>(c.bandwidth / 2);
    if (pair.score > e.theta[pair.latent] - half) kept.push_back(pair);
  }
  return kept;
}

/// Pairs of JumpReLU may hold some that do nothing: a little below the band. All others hold what is expected alone.
void checkPairs(const Engine& e, const std::vector<Kept>& wanted, int nTokens) {
  const Pairs& pairs = e.pairs;
  const Config& c = e.config;
  size_t at = 0;
  for (int b = 0; b < nTokens; b++) {
    for (uint32_t i = pairs.tokenStart[b]; i < pairs.tokenStart[b + 1]; i++) {
      const bool isNext = at < wanted.size() && wanted[at].token == b && wanted[at].latent == pairs.latent[i];
      if (isNext) {
        CHECK_IN(sameBits(&wanted[at].score, &pairs.value[i], 1), "family %d: another score", c.family);
        at++;
      } else {
        const float off = e.theta[pairs.latent[i]] - static_cast<float>(c.bandwidth / 2) - pairs.value[i];
        CHECK_IN(c.family == kJumpRelu && off < 1e-5f, "family %d, level %d, token %d of %d: latent %d", c.family, c.level, b,
                 nTokens, pairs.latent[i]);
      }
    }
  }
  CHECK_IN(at == wanted.size(), "family %d, level %d, %d tokens: %zu of %zu pairs", c.family, c.level, nTokens, at, wanted.size());
}

/// The same pairs by latent: tokens ascend, and each knows where it came from.
void checkByLatent(Engine& e) {
  Pairs& pairs = e.pairs;
  CHECK(sortByLatent(pairs, e.config.dSae));
  CHECK(pairs.latentStart[0] == 0 && pairs.latentStart[e.config.dSae] == pairs.count());
  for (int f = 0; f < e.config.dSae; f++) {
    for (uint32_t i = pairs.latentStart[f]; i < pairs.latentStart[f + 1]; i++) {
      const uint32_t source = pairs.source[i];
      CHECK(pairs.latent[source] == f);
      CHECK(source >= pairs.tokenStart[pairs.token[i]] && source < pairs.tokenStart[pairs.token[i] + 1]);
      CHECK(i == pairs.latentStart[f] || pairs.token[i] > pairs.token[i - 1]);
    }
  }
}

void checkFamily(const Kernels& kernels, Random& random, Family family) {
  Problem problem = randomProblem(random);
  problem.recipe.family = family;
  problem.recipe.logThreshold = false;
  const double k = family == kTopK ? problem.k : random.chance(0.2) ? 0.01 : problem.k * random.unit();
  for (const Level level : levelsOf(kernels)) {
    const Instance made = openProblem(kernels, problem, level, kShuffled);
    Engine& e = *made;
    Controls controls = {};
    controls.k = k;
    Report report = {};
    Step step{e, controls, report, problem.nTokens, 0, 0, 0, 0, false};
    const std::vector<Kept> wanted = expected(e, allPairs(e, problem.nTokens), problem.nTokens, k);
    CHECK(selectForTraining(step) == kOk);
    checkPairs(e, wanted, problem.nTokens);
    checkByLatent(e);
  }
}

}  // namespace

void testSelect(const Kernels& kernels, const Effort& effort) {
  Random random = effort.random(23);
  for (int round = 0; round < effort.times(15); round++) {
    for (const Family family : {kTopK, kBatchTopK, kRelu, kJumpRelu}) checkFamily(kernels, random, family);
  }
}

}  // namespace test
}  // namespace plumbline
