// What hosts call: configurations, arrays in and out, and what a step or an encoding refuses.
#include "check.h"
#include "engines.h"
#include "themes.h"

namespace plumbline {
namespace test {
namespace {

bool accepts(std::vector<double> fields, int field, double value) {
  Config config = {};
  fields[field] = value;
  return readConfig(fields.data(), static_cast<int>(fields.size()), config);
}

void checkConfigs() {
  const double nan = __builtin_nan(""), infinity = __builtin_inf();
  const std::vector<double> fields = fieldsOf(Recipe());
  Config config = {};
  CHECK(readConfig(fields.data(), static_cast<int>(fields.size()), config));
  CHECK(config.dIn == 17 && config.dSae == 70 && config.k == 5 && config.nGroups == 1 && config.groupEnd[0] == 70);
  for (int count = 0; count < static_cast<int>(fields.size()); count++) CHECK(!readConfig(fields.data(), count, config));
  for (const double width : {0.0, -1.0, 1e9, nan, infinity}) {
    CHECK_IN(!accepts(fields, kFieldDIn, width), "dIn %g", width);
    CHECK_IN(!accepts(fields, kFieldDSae, width), "dSae %g", width);
  }
  for (const int choice : {kFieldFamily, kFieldMap, kFieldLevel, kFieldAuxkForm, kFieldThresholdAverage, kFieldPenalty}) {
    for (const double value : {-1.0, 99.0, 1e12, nan}) CHECK_IN(!accepts(fields, choice, value), "field %d: %g", choice, value);
  }
  for (const double k : {0.0, -1.0, 71.0, nan}) CHECK_IN(!accepts(fields, kFieldK, k), "k %g", k);
  for (const double groups : {0.0, 2.0, 65.0, 1e12, nan}) CHECK_IN(!accepts(fields, kFieldGroups, groups), "%g groups", groups);
  CHECK(!accepts(fields, kConfigFields, 69));
  CHECK(!accepts(fields, kFieldAuxk, -1));
  // Nested groups of what has no groups; groups that do not ascend.
  Recipe nested;
  nested.groups = {{20, 0.5}, {70, 0.5}};
  for (const Family family : {kRelu, kJumpRelu}) {
    nested.family = family;
    const std::vector<double> refused = fieldsOf(nested);
    CHECK_IN(!readConfig(refused.data(), static_cast<int>(refused.size()), config), "groups of family %d", family);
  }
  nested.family = kBatchTopK;
  nested.groups = {{30, 0.5}, {20, 0.2}, {70, 0.3}};
  const std::vector<double> crossed = fieldsOf(nested);
  CHECK(!readConfig(crossed.data(), static_cast<int>(crossed.size()), config));
}

/// Sizes by id, and that what is written is read.
void checkArrays(const Kernels& kernels, Random& random, const Recipe& recipe) {
  const Instance made = makeInstance(kernels, recipe, 1);
  Engine& e = *made;
  const size_t f = recipe.dSae, d = recipe.dIn, rows = f * d;
  const size_t parameters[] = {recipe.map == kTied ? 0 : rows, rows, f, d, f};
  for (int id = -1; id <= kArrayTheta + 2; id++) {
    size_t wanted = id < 0 || id > kArrayTheta ? 0 : f;
    if (id >= 0 && id < kArrayTokensSinceFired) wanted = parameters[id % 5];
    if (id >= kArrayMean && id < kArrayTokensSinceFired && !recipe.trainable) wanted = 0;
    if (id == kArrayMappedEncoder) wanted = rows;
    CHECK_IN(arraySize(e, id) == wanted, "%s: array %d has %zu, not %zu", recipe.name, id, arraySize(e, id), wanted);
    std::vector<float> data = randomBatch(random, static_cast<int>(wanted) + 1, 1), back(wanted + 1);
    CHECK(!writeArray(e, id, data.data(), wanted + 1) && !readArray(e, id, back.data(), wanted + 1));
    CHECK(wanted == 0 || !writeArray(e, id, data.data(), wanted - 1));
    CHECK(writeArray(e, id, data.data(), wanted) == (wanted > 0));
    CHECK(readArray(e, id, back.data(), wanted) == (wanted > 0));
    CHECK(sameBits(data.data(), back.data(), wanted));
  }
  const double counters[kCounterFields] = {12, 3, 0.5, 0.25, 0.125};
  double read[kCounterFields];
  writeCounters(e, counters);
  readCounters(e, read);
  for (int i = 0; i < kCounterFields; i++) CHECK(read[i] == counters[i]);
}

/// A number that is not finite is reported with its row, and nothing that lasts has changed.
void checkRefusals(const Kernels& kernels, Random& random, Family family, int nTokens) {
  Recipe recipe;
  recipe.family = family;
  recipe.penalty = family == kRelu ? kL1 : family == kJumpRelu ? kTarget : kNoPenalty;
  recipe.level = automaticLevel(kernels);
  const Instance made = makeInstance(kernels, recipe, 3);
  Engine& e = *made;
  load(e, randomState(random, recipe));
  Controls controls = {};
  controls.lr = 1e-3;
  controls.k = 4;
  Report report;
  const std::vector<float> good = randomBatch(random, nTokens, recipe.dIn);
  CHECK(trainStep(e, good.data(), nTokens, controls, report) == kOk);
  const std::vector<float> before = everything(e);
  const float infinity = __builtin_inff();
  for (const float value : {__builtin_nanf(""), infinity, -infinity}) {
    const int row = random.below(nTokens), column = random.below(recipe.dIn);
    std::vector<float> batch = good;
    batch[static_cast<size_t>(row) * recipe.dIn + column] = value;
    // A later one is not the first.
    batch[static_cast<size_t>(random.between(row, nTokens - 1)) * recipe.dIn + recipe.dIn - 1] = value;
    CHECK(trainStep(e, batch.data(), nTokens, controls, report) == kNotFinite);
    CHECK_IN(report.badRow == row, "%g in row %d of %d, reported in %g", value, row, nTokens, report.badRow);
    CHECK(encodeBatch(e, batch.data(), nTokens, report) == kNotFinite);
    CHECK_IN(report.badRow == row, "%g in row %d of %d, reported in %g", value, row, nTokens, report.badRow);
    const std::vector<float> after = everything(e);
    CHECK(sameBits(before.data(), after.data(), before.size()));
  }
  CHECK(trainStep(e, good.data(), nTokens, controls, report) == kOk);
}

void checkNotTrainable(const Kernels& kernels, Random& random) {
  Recipe recipe;
  recipe.family = kGated;
  Report report;
  Controls controls = {};
  const std::vector<float> batch = randomBatch(random, 3, recipe.dIn);
  for (const bool trainable : {false, true}) {
    recipe.trainable = trainable;
    const Instance made = makeInstance(kernels, recipe, 1);
    load(*made, randomState(random, recipe));
    CHECK(trainStep(*made, batch.data(), 3, controls, report) == kNotTrainable);
    CHECK(encodeBatch(*made, batch.data(), 3, report) == kOk);
  }
}

}  // namespace

void testApi(const Kernels& kernels, const Effort& effort) {
  Random random = effort.random(18);
  checkConfigs();
  for (const int dIn : {1, 15, 16, 17}) {
    Recipe recipe;
    recipe.dIn = dIn;
    for (const RowMap map : {kFreeRows, kCoupled, kTied}) {
      recipe.map = map;
      recipe.trainable = map != kCoupled;
      checkArrays(kernels, random, recipe);
    }
  }
  for (const Family family : {kTopK, kBatchTopK, kRelu, kJumpRelu}) {
    for (const int nTokens : {1, 70, 200}) checkRefusals(kernels, random, family, nTokens);
  }
  checkNotTrainable(kernels, random);
  CHECK(chooseKernels("none") == nullptr);
  CHECK(chooseKernels(nullptr) != nullptr && chooseKernels(kernels.name) == &kernels);
}

}  // namespace test
}  // namespace plumbline
