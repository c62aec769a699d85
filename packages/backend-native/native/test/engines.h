// Engines with random parameters, made as hosts make them: through api.h.
#pragma once
#include <memory>
#include <utility>

#include "../core/api.h"
#include "../core/screen.h"
#include "cases.h"

namespace plumbline {
namespace test {

/// What an engine is made of; the defaults train a plain TopK SAE.
struct Recipe {
  const char* name = "topk";
  int dIn = 17, dSae = 70;
  Family family = kTopK;
  RowMap map = kFreeRows;
  bool unitRows = true, rankByNorm = false, subtractDecoderBias = true, trainable = true;
  int k = 5;
  Level level = kF32;
  int deadAfterTokens = 20;
  double auxkCoefficient = 0;
  int auxk = 0;
  AuxkForm auxkForm = kNormalized;
  ThresholdAverage thresholdAverage = kCorrected;
  Penalty penalty = kNoPenalty;
  bool countsLatents = false, logThreshold = false;
  /// ends and weights
  std::vector<std::pair<int, double>> groups;
};
std::vector<double> fieldsOf(const Recipe& recipe);

/// An engine with the threads that it runs on; null where the core refuses the recipe.
struct Instance {
  std::unique_ptr<Pool> pool;
  std::unique_ptr<Engine> engine;
  Engine& operator*() const { return *engine; }
};
/// In the place of a number of threads: three that exist in name alone. Tasks run one after another in random order, each as if on
/// a random thread, so that what depends on either shows every time.
constexpr int kShuffled = 0;
Instance makeInstance(const Kernels& kernels, const Recipe& recipe, int threads);

/// Arrays to write, by id.
struct State {
  std::vector<std::pair<int, std::vector<float>>> arrays;
  double counters[kCounterFields] = {};
};
/// Parameters as a trained SAE has them: unit or free decoder rows, encoder rows near them, small biases and thresholds.
State randomState(Random& random, const Recipe& recipe);
void load(Engine& engine, const State& state);

/// All arrays and counters, one after another.
std::vector<float> everything(const Engine& engine);
std::vector<float> randomBatch(Random& random, int nTokens, int dIn);
/// The levels that a table has kernels for; `index` from 0. False at the end.
std::vector<Level> levelsOf(const Kernels& kernels);

/// Keeps what a screening hands on, by position.
class Collected final : public Receiver {
 public:
  explicit Collected(int nPositions) : latents(nPositions), scores(nPositions), calls(nPositions) {}
  void receive(int position, int token, int n, const int32_t* latents, const float* scores) override;

  std::vector<std::vector<int32_t>> latents;
  std::vector<std::vector<float>> scores;
  std::vector<int> calls;
};

}  // namespace test
}  // namespace plumbline
