// Screening against scores of every pair: the same latents with the same bits, at every level.
#include <algorithm>

#include "check.h"
#include "screening.h"
#include "themes.h"

namespace plumbline {
namespace test {
namespace {

constexpr const char* kLevelNames[] = {"fp32", "bf16", "int8", "int16"};
constexpr float kInfinity = __builtin_inff();

/// Latents of one token by the definition: the k largest above 0, ties to the lower one; ascending.
std::vector<int32_t> largestOf(const float* scores, int dSae, int k) {
  std::vector<int32_t> order;
  for (int f = 0; f < dSae; f++) {
    if (scores[f] > 0) order.push_back(f);
  }
  std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return scores[a] > scores[b]; });
  if (static_cast<int>(order.size()) > k) order.resize(k);
  std::sort(order.begin(), order.end());
  return order;
}

/// Those that reach the thresholds.
std::vector<int32_t> reachingOf(const Engine& e, const float* scores, bool useRowThreshold, float least) {
  std::vector<int32_t> kept;
  for (int f = 0; f < e.config.dSae; f++) {
    const bool low = scores[f] < least || (useRowThreshold && scores[f] < e.rowThreshold[f]);
    if (!low && (least < 0 || scores[f] > 0)) kept.push_back(f);
  }
  return kept;
}

void checkToken(const Collected& got, int position, const std::vector<int32_t>& wanted, const float* scores,
                const char* what) {
  CHECK_IN(got.calls[position] == 1, "%s: position %d was handed on %d times", what, position, got.calls[position]);
  CHECK_IN(got.latents[position] == wanted, "%s: position %d has %zu latents, or others, not %zu", what, position,
           got.latents[position].size(), wanted.size());
  if (got.latents[position] != wanted) return;
  for (size_t i = 0; i < wanted.size(); i++) {
    CHECK_IN(sameBits(&got.scores[position][i], &scores[wanted[i]], 1), "%s: position %d", what, position);
  }
}

/// All tokens, or some of them, in order.
std::vector<int32_t> someTokens(Random& random, int nTokens) {
  std::vector<int32_t> numbers;
  for (int b = 0; b < nTokens; b++) {
    if (random.chance(0.4)) numbers.push_back(b);
  }
  if (numbers.empty()) numbers.push_back(nTokens - 1);
  return numbers;
}

/// Returns how many tokens had to be screened again.
int checkLargest(Engine& e, const Problem& problem, const std::vector<float>& scores, const Tokens& tokens) {
  const Level level = e.config.level;
  Collected got(tokens.count);
  ScreenCounts counts;
  CHECK(screenLargest(e, tokens, problem.k, level, got, counts) == kOk);
  for (int i = 0; i < tokens.count; i++) {
    const float* row = scores.data() + static_cast<size_t>(tokens.at(i)) * e.config.dSae;
    checkToken(got, i, largestOf(row, e.config.dSae, problem.k), row, kLevelNames[level]);
  }
  return counts.unproven;
}

void checkAbove(Engine& e, const std::vector<float>& scores, const Tokens& tokens, bool useRowThreshold, float least) {
  const Level level = e.config.level;
  Collected got(tokens.count);
  ScreenCounts counts;
  CHECK(screenAbove(e, tokens, useRowThreshold, least, level, got, counts) == kOk);
  CHECK(counts.unproven == 0);
  for (int i = 0; i < tokens.count; i++) {
    const float* row = scores.data() + static_cast<size_t>(tokens.at(i)) * e.config.dSae;
    checkToken(got, i, reachingOf(e, row, useRowThreshold, least), row, kLevelNames[level]);
  }
}

void checkProblem(const Kernels& kernels, Random& random, const Problem& problem) {
  const std::vector<int32_t> numbers = someTokens(random, problem.nTokens);
  const Tokens all{problem.nTokens, nullptr}, some{static_cast<int>(numbers.size()), numbers.data()};
  const bool everyScore = random.chance(0.3);
  std::vector<float> thresholds(problem.recipe.dSae);
  // Now and then a threshold that a score hits exactly.
  for (float& threshold : thresholds) threshold = static_cast<float>(random.chance(0.1) ? 0 : 0.5 * random.normal());
  const int hit = random.below(problem.recipe.dSae);
  for (const Level level : levelsOf(kernels)) {
    const Instance made = openProblem(kernels, problem, level, level == kF32 ? 1 : kShuffled);
    Engine& e = *made;
    const std::vector<float> scores = canonicalScores(e, problem.nTokens);
    checkLargest(e, problem, scores, all);
    checkLargest(e, problem, scores, some);
    for (int f = 0; f < e.config.dSae; f++) e.rowThreshold[f] = f == hit ? scores[f] : thresholds[f];
    checkAbove(e, scores, all, true, everyScore ? -kInfinity : 0.0f);
    checkAbove(e, scores, some, false, larger(0.0f, scores[hit]));
  }
}

/// Lists that overflow: pruned where scores differ, given up where they do not.
void checkPruning(const Kernels& kernels, Random& random, int dSae, int nTokens, Likeness likeness) {
  const Problem problem = sizedProblem(random, random.between(3, 40), dSae, nTokens, likeness);
  for (const Level level : levelsOf(kernels)) {
    const Instance made = openProblem(kernels, problem, level, 2);
    Engine& e = *made;
    const int again = checkLargest(e, problem, canonicalScores(e, nTokens), Tokens{nTokens, nullptr});
    if (likeness == kSame) CHECK_IN(again > 0, "%s: no list of %d equal latents overflowed", kLevelNames[level], dSae);
  }
}

/// Numbers whose bounds overflow: nothing is promised of the latents but that they are some.
void checkOverflow(const Kernels& kernels, Random& random, int dSae, int nTokens, Likeness likeness) {
  Problem problem = sizedProblem(random, 4, dSae, nTokens, likeness);
  for (float& value : problem.batch) value = value < 0 ? -3e38f : 3e38f;
  for (const Level level : levelsOf(kernels)) {
    const Instance made = openProblem(kernels, problem, level, 2);
    Collected got(nTokens);
    ScreenCounts counts;
    CHECK(screenLargest(*made, Tokens{nTokens, nullptr}, problem.k, level, got, counts) == kOk);
    CHECK(screenAbove(*made, Tokens{nTokens, nullptr}, false, 0, level, got, counts) == kOk);
    for (const std::vector<int32_t>& latents : got.latents) {
      CHECK(std::is_sorted(latents.begin(), latents.end()));
      for (const int32_t latent : latents) CHECK(latent >= 0 && latent < dSae);
    }
  }
}

}  // namespace

void testScreen(const Kernels& kernels, const Effort& effort) {
  Random random = effort.random(17);
  for (int round = 0; round < effort.times(60); round++) checkProblem(kernels, random, randomProblem(random));
  // From 1024 tokens on a task sees all latents; with one token they are cut into sixteenths.
  checkPruning(kernels, random, 1300, 1030, kUnlike);
  checkPruning(kernels, random, 1300, 1030, kSame);
  checkPruning(kernels, random, 14000, 1, kUnlike);
  checkPruning(kernels, random, 14000, 2, kSame);
  for (int round = 0; round < effort.times(10); round++) checkPruning(kernels, random, 14000, random.between(1, 5), kLoud);
  checkOverflow(kernels, random, 700, 1030, kUnlike);
  checkOverflow(kernels, random, 700, 1030, kSame);
  checkOverflow(kernels, random, 30, 5, kUnlike);
}

}  // namespace test
}  // namespace plumbline
