#include "engines.h"

#include <string.h>

namespace plumbline {
namespace test {
namespace {

class ShuffledPool final : public Pool {
 public:
  int threads() const override { return 3; }
  void run(int nTasks, Task task, const void* context) override {
    std::vector<int> order(nTasks);
    for (int i = 0; i < nTasks; i++) order[i] = i;
    for (int i = nTasks - 1; i > 0; i--) std::swap(order[i], order[random_.below(i + 1)]);
    for (const int number : order) task(context, number, random_.below(threads()));
  }

 private:
  Random random_{24};
};

}  // namespace

std::vector<double> fieldsOf(const Recipe& r) {
  std::vector<double> f(kConfigFields);
  f[kFieldDIn] = r.dIn;
  f[kFieldDSae] = r.dSae;
  f[kFieldFamily] = r.family;
  f[kFieldMap] = r.map;
  f[kFieldUnitRows] = r.unitRows;
  f[kFieldRankByNorm] = r.rankByNorm;
  f[kFieldSubtractDecoderBias] = r.subtractDecoderBias;
  f[kFieldTrainable] = r.trainable;
  f[kFieldK] = r.k;
  f[kFieldLevel] = r.level;
  f[kFieldBeta1] = 0.9;
  f[kFieldBeta2] = 0.999;
  f[kFieldEpsilon] = 1e-8;
  f[kFieldDeadAfterTokens] = r.deadAfterTokens;
  f[kFieldAuxkCoefficient] = r.auxkCoefficient;
  f[kFieldAuxk] = r.auxk;
  f[kFieldAuxkForm] = r.auxkForm;
  f[kFieldThresholdDecay] = 0.9;
  f[kFieldThresholdAfterBatches] = 1;
  f[kFieldThresholdAverage] = r.thresholdAverage;
  f[kFieldPenalty] = r.penalty;
  f[kFieldTargetL0] = 4;
  f[kFieldTanhScale] = 3;
  f[kFieldBandwidth] = 0.2;
  f[kFieldCountsLatents] = r.countsLatents;
  f[kFieldLogThreshold] = r.logThreshold;
  std::vector<std::pair<int, double>> groups = r.groups;
  if (groups.empty()) groups.emplace_back(r.dSae, 1);
  f[kFieldGroups] = static_cast<double>(groups.size());
  for (const auto& [end, weight] : groups) {
    f.push_back(end);
    f.push_back(weight);
  }
  return f;
}

Instance makeInstance(const Kernels& kernels, const Recipe& recipe, int threads) {
  const std::vector<double> fields = fieldsOf(recipe);
  Config config = {};
  Instance made;
  if (!readConfig(fields.data(), static_cast<int>(fields.size()), config)) return made;
  made.pool.reset(threads == kShuffled ? new ShuffledPool : createPool(threads));
  made.engine = std::make_unique<Engine>(config, &kernels, made.pool.get());
  if (!allocateEngine(*made.engine)) made.engine.reset();
  return made;
}

State randomState(Random& random, const Recipe& r) {
  const size_t d = r.dIn, f = r.dSae;
  std::vector<float> decoder(f * d), encoder(f * d), bias(f), center(d), threshold(f);
  for (size_t i = 0; i < f; i++) {
    float* row = decoder.data() + i * d;
    fillRow(random, kOrdinary, row, r.dIn, r.dIn);
    double square = 1e-12;
    for (size_t j = 0; j < d; j++) square += row[j] * row[j];
    const float scale = static_cast<float>((r.unitRows ? 1.0 : 0.5 + random.unit()) / std::sqrt(square));
    for (size_t j = 0; j < d; j++) {
      row[j] *= scale;
      // What a map adds the decoder row to is small; other rows lie near it.
      const bool isFree = r.map == kFreeRows || r.map == kTied;
      encoder[i * d + j] = (isFree ? row[j] : 0) + static_cast<float>(random.normal() / (4 * std::sqrt(d)));
    }
    bias[i] = static_cast<float>(0.1 * random.normal());
    threshold[i] = static_cast<float>(r.logThreshold ? -2 + 0.5 * random.normal() : 0.1 + 0.1 * random.normal());
  }
  for (float& value : center) value = static_cast<float>(0.3 * random.normal());
  State state;
  if (r.map != kTied) state.arrays.emplace_back(kEncoder, encoder);
  state.arrays.emplace_back(kDecoder, decoder);
  state.arrays.emplace_back(kEncoderBias, bias);
  state.arrays.emplace_back(kDecoderBias, center);
  state.arrays.emplace_back(kThreshold, threshold);
  return state;
}

void load(Engine& engine, const State& state) {
  for (const auto& [id, data] : state.arrays) writeArray(engine, id, data.data(), data.size());
  writeCounters(engine, state.counters);
  refreshAll(engine);
}

std::vector<float> everything(const Engine& engine) {
  std::vector<float> all;
  for (int id = 0; id <= kArrayTheta; id++) {
    const size_t before = all.size(), n = arraySize(engine, id);
    all.resize(before + n);
    readArray(engine, id, all.data() + before, n);
  }
  double counters[kCounterFields];
  readCounters(engine, counters);
  for (const double counter : counters) all.push_back(static_cast<float>(counter));
  return all;
}

std::vector<float> randomBatch(Random& random, int nTokens, int dIn) {
  std::vector<float> batch(static_cast<size_t>(nTokens) * dIn);
  for (float& value : batch) value = static_cast<float>(random.normal());
  return batch;
}

std::vector<Level> levelsOf(const Kernels& kernels) {
  std::vector<Level> levels;
  for (int level = 0; level < kLevels; level++) {
    if (kernels.screen[level] != nullptr) levels.push_back(static_cast<Level>(level));
  }
  return levels;
}

void Collected::receive(int position, int, int n, const int32_t* from, const float* values) {
  latents[position].assign(from, from + n);
  scores[position].assign(values, values + n);
  calls[position]++;
}

}  // namespace test
}  // namespace plumbline
