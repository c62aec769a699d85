// Training steps: the same bytes for any number of threads and every level of precision, at all sizes.
#include <string>

#include "check.h"
#include "engines.h"
#include "themes.h"

namespace plumbline {
namespace test {
namespace {

/// Steps to take, and with what.
struct Course {
  std::vector<std::vector<float>> batches;
  std::vector<Controls> controls;
  std::vector<float> target;
};

struct Outcome {
  std::vector<float> state;
  std::vector<double> reports;
  bool ok = true;
  int dense = 0, sparse = 0;
};

Course makeCourse(Random& random, const Recipe& r, const std::vector<int>& sizes) {
  Course course;
  course.target = randomBatch(random, r.dSae, r.dIn);
  for (const int size : sizes) {
    course.batches.push_back(randomBatch(random, size, r.dIn));
    Controls c = {};
    c.lr = 0.01;
    c.sparsityCoefficient = 0.05;
    c.p = 0.8;
    c.nextP = 0.75;
    c.k = r.family == kTopK ? random.between(1, smaller(6, r.dSae)) : 2.5;
    c.clipNorm = random.chance(0.4) ? 0.1 : 0;
    c.wantStats = random.chance(0.5);
    if (random.chance(0.3)) {
      c.rowPenaltyTarget = course.target.data();
      c.rowPenaltyWeight = 0.5;
      c.rowPenaltyWidth = 2;
    }
    course.controls.push_back(c);
  }
  return course;
}

/// Takes the steps on a fresh engine. What screening did differs between levels, and is left out.
Outcome follow(const Kernels& kernels, const Recipe& recipe, const State& state, const Course& course, Level level,
               int threads) {
  Recipe own = recipe;
  own.level = level;
  const Instance made = makeInstance(kernels, own, threads);
  load(*made, state);
  Outcome out;
  for (size_t i = 0; i < course.batches.size(); i++) {
    Report r;
    const std::vector<float>& batch = course.batches[i];
    const int nTokens = static_cast<int>(batch.size()) / recipe.dIn;
    out.ok = out.ok && trainStep(*made, batch.data(), nTokens, course.controls[i], r) == kOk;
    (r.dense != 0 ? out.dense : out.sparse)++;
    for (const double value : {r.loss, r.gradientNorm, r.reconstruction, r.sparsity, r.auxk, r.rowPenalty, r.l0,
                               r.deadLatents, r.explainedVariance, r.penaltyAtP, r.penaltyAtNextP, r.dense}) {
      out.reports.push_back(value);
    }
  }
  out.state = everything(*made);
  return out;
}

bool allFinite(const std::vector<float>& values) {
  for (const float value : values) {
    if (!std::isfinite(value)) return false;
  }
  return true;
}

/// Returns the outcome that all share.
Outcome checkCourse(const Kernels& kernels, Random& random, const Recipe& recipe, const std::vector<int>& sizes,
                    const std::vector<int>& threadCounts) {
  const State state = randomState(random, recipe);
  const Course course = makeCourse(random, recipe, sizes);
  const Outcome wanted = follow(kernels, recipe, state, course, kF32, 1);
  const std::string name = std::string(recipe.name) + ", map " + std::to_string(recipe.map) + ", dIn " +
                           std::to_string(recipe.dIn) + ", dSae " + std::to_string(recipe.dSae);
  CHECK_IN(wanted.ok, "%s: a step failed", name.c_str());
  // `everything` has tokensSinceFired as floats, which are subnormal: finite.
  CHECK_IN(allFinite(wanted.state), "%s: not finite", name.c_str());
  for (const Level level : levelsOf(kernels)) {
    for (const int threads : threadCounts) {
      if (level == kF32 && threads == 1) continue;
      const Outcome got = follow(kernels, recipe, state, course, level, threads);
      CHECK_IN(got.ok && got.state.size() == wanted.state.size() &&
                   sameBits(got.state.data(), wanted.state.data(), got.state.size()),
               "%s, level %d, %d threads: other bytes", name.c_str(), level, threads);
      CHECK_IN(got.reports == wanted.reports, "%s, level %d, %d threads: another report", name.c_str(), level, threads);
    }
  }
  return wanted;
}

/// Every family with each of its options.
std::vector<Recipe> recipes() {
  std::vector<Recipe> all;
  const auto add = [&](const char* name, Family family) -> Recipe& {
    all.emplace_back();
    all.back().name = name;
    all.back().family = family;
    return all.back();
  };
  add("topk", kTopK);
  for (const AuxkForm form : {kNormalized, kScaled, kScaledWithBias}) {
    Recipe& topk = add("topk with auxk", kTopK);
    topk.auxkCoefficient = 0.1;
    topk.auxkForm = form;
    topk.auxk = form == kScaled ? 7 : 0;
    Recipe& batch = add("batch-topk with auxk", kBatchTopK);
    batch.auxkCoefficient = 0.1;
    batch.auxkForm = form;
    batch.thresholdAverage = static_cast<ThresholdAverage>(form);
  }
  Recipe& nested = add("batch-topk in groups", kBatchTopK);
  nested.groups = {{9, 0.5}, {10, 0.1}, {40, 0.2}, {70, 0.2}};
  nested.auxkCoefficient = 0.1;
  for (const Penalty penalty : {kL1, kLpPower, kLpNorm}) add("relu", kRelu).penalty = penalty;
  for (const Penalty penalty : {kTarget, kStep, kTanh}) {
    add("jumprelu", kJumpRelu).penalty = penalty;
    Recipe& log = add("jumprelu, log threshold", kJumpRelu);
    log.penalty = penalty;
    log.logThreshold = true;
    if (penalty == kTanh) continue;
    Recipe& counting = add("jumprelu, counting latents", kJumpRelu);
    counting.penalty = penalty;
    counting.countsLatents = true;
  }
  return all;
}

/// Few latents fire, so that steps are sparse, some of them in the band around a threshold.
void checkSparse(const Kernels& kernels, Random& random, Recipe recipe) {
  recipe.dSae = 200;
  recipe.dIn = 6;
  const State dense = randomState(random, recipe);
  State sparse = dense;
  for (auto& [id, data] : sparse.arrays) {
    if (id != kEncoderBias && id != kThreshold) continue;
    for (float& value : data) value = id == kEncoderBias ? -1.9f : recipe.logThreshold ? -1.6f : 0.2f;
  }
  const Course course = makeCourse(random, recipe, {30, 90});
  const Outcome wanted = follow(kernels, recipe, sparse, course, kF32, 1);
  CHECK_IN(wanted.ok && wanted.sparse > 0, "%s: no sparse step", recipe.name);
  for (const Level level : levelsOf(kernels)) {
    for (const int threads : {3, kShuffled}) {
      const Outcome got = follow(kernels, recipe, sparse, course, level, threads);
      CHECK_IN(sameBits(got.state.data(), wanted.state.data(), got.state.size()), "%s, sparse, level %d", recipe.name, level);
      CHECK_IN(got.reports == wanted.reports, "%s, sparse, level %d: another report", recipe.name, level);
    }
  }
}

void checkSizes(const Kernels& kernels, Random& random, Recipe recipe, double share) {
  for (const int dIn : {1, 15, 16, 17, 63, 65}) {
    if (!random.chance(share)) continue;
    recipe.dIn = dIn;
    recipe.dSae = random.chance(0.3) ? random.between(1, 5) : random.between(6, 130);
    recipe.k = 1;
    if (!recipe.groups.empty()) recipe.groups = {{1, 0.6}, {recipe.dSae, 0.4}};
    if (recipe.groups.size() == 2 && recipe.dSae == 1) recipe.groups = {{1, 1.0}};
    // Batches of changing sizes: what was made for a large one must do for a small one, and the other way round.
    checkCourse(kernels, random, recipe, {1, 40, 3, 129, 1}, {2, kShuffled});
  }
}

}  // namespace

void testStep(const Kernels& kernels, const Effort& effort) {
  Random random = effort.random(20);
  int dense = 0;
  const double share = effort.percent / 100.0;
  for (const Recipe& recipe : recipes()) {
    const int always = random.below(kTied + 1);
    for (int map = kFreeRows; map <= kTied; map++) {
      if (map != always && !random.chance(share)) continue;
      Recipe own = recipe;
      own.map = static_cast<RowMap>(map);
      own.unitRows = map != kFreeRows || random.chance(0.5);
      own.rankByNorm = !own.unitRows && random.chance(0.5) && own.family <= kBatchTopK;
      own.subtractDecoderBias = random.chance(0.7);
      dense += checkCourse(kernels, random, own, {70, 9, 130}, {1, 2, 3, 7, kShuffled}).dense;
    }
    if (recipe.family == kRelu || recipe.family == kJumpRelu) checkSparse(kernels, random, recipe);
    for (int round = 0; round < effort.times(1); round++) checkSizes(kernels, random, recipe, share);
  }
  CHECK(dense > 0);
}

}  // namespace test
}  // namespace plumbline
