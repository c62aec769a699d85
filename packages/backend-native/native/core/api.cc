#include "api.h"

#include <string.h>

namespace plumbline {
namespace {

/// The whole part, cut off at what an int holds: a conversion of more is not defined. −1 for NaN.
int whole(double field) {
  constexpr double kMost = 2147483647;
  return field != field ? -1 : static_cast<int>(smaller(larger(field, -kMost), kMost));
}

/// A number that must be one of 0 … last.
template <class Choice>
bool choose(double field, int last, Choice& out) {
  const int value = whole(field);
  if (value < 0 || value > last) return false;
  out = static_cast<Choice>(value);
  return true;
}

/// Nested groups end at the last latent, and only batches of pairs are ever cut into them.
bool validGroups(const Config& c) {
  int end = 0;
  for (int i = 0; i < c.nGroups; i++) {
    if (c.groupEnd[i] < end) return false;
    end = c.groupEnd[i];
  }
  return end == c.dSae && (c.nGroups == 1 || (c.family != kRelu && c.family != kJumpRelu));
}

}  // namespace

Level automaticLevel(const Kernels& k) {
  constexpr Level kOrder[] = {kI8, kBf16, kI16};
  for (const Level level : kOrder) {
    if (k.screen[level] != nullptr) return level;
  }
  return kF32;
}

bool readConfig(const double* f, int count, Config& c) {
  if (count < kConfigFields) return false;
  // Padded widths and offsets into rows stay below 2^31.
  constexpr double kMostWidth = 65536, kMostLatents = 1 << 24;
  if (!(f[kFieldDIn] >= 1 && f[kFieldDIn] <= kMostWidth && f[kFieldDSae] >= 1 && f[kFieldDSae] <= kMostLatents)) return false;
  c.dIn = static_cast<int>(f[kFieldDIn]);
  c.dSae = static_cast<int>(f[kFieldDSae]);
  const bool known = choose(f[kFieldFamily], kGated, c.family) && choose(f[kFieldMap], kTied, c.map) &&
                     choose(f[kFieldLevel], kI16, c.level) && choose(f[kFieldAuxkForm], kScaledWithBias, c.auxkForm) &&
                     choose(f[kFieldThresholdAverage], kFromZero, c.thresholdAverage) &&
                     choose(f[kFieldPenalty], kTanh, c.penalty);
  c.unitRows = f[kFieldUnitRows] != 0;
  c.rankByNorm = f[kFieldRankByNorm] != 0;
  c.subtractDecoderBias = f[kFieldSubtractDecoderBias] != 0;
  c.trainable = f[kFieldTrainable] != 0;
  c.k = whole(f[kFieldK]);
  c.beta1 = f[kFieldBeta1];
  c.beta2 = f[kFieldBeta2];
  c.epsilon = f[kFieldEpsilon];
  c.deadAfterTokens = whole(f[kFieldDeadAfterTokens]);
  c.auxkCoefficient = f[kFieldAuxkCoefficient];
  c.auxk = whole(f[kFieldAuxk]);
  c.thresholdDecay = f[kFieldThresholdDecay];
  c.thresholdAfterBatches = whole(f[kFieldThresholdAfterBatches]);
  c.targetL0 = f[kFieldTargetL0];
  c.tanhScale = f[kFieldTanhScale];
  c.bandwidth = f[kFieldBandwidth];
  c.countsLatents = f[kFieldCountsLatents] != 0;
  c.logThreshold = f[kFieldLogThreshold] != 0;
  c.nGroups = whole(f[kFieldGroups]);
  if (!known || c.nGroups < 1 || c.nGroups > kMostGroups || count < kConfigFields + 2 * c.nGroups) return false;
  for (int i = 0; i < c.nGroups; i++) {
    c.groupEnd[i] = whole(f[kConfigFields + 2 * i]);
    c.groupWeight[i] = f[kConfigFields + 2 * i + 1];
  }
  return validGroups(c) && c.auxk >= 0 && (c.family != kTopK || (c.k >= 1 && c.k <= c.dSae));
}

namespace {

/// Rows in memory with their padding; the copy in or out has none.
struct View {
  void* data;
  size_t rows, width, stride;
};

View viewOf(const Engine& engine, int id) {
  Engine& e = const_cast<Engine&>(engine);
  const size_t dSae = e.config.dSae;
  if (id >= 0 && id < kArrayTokensSinceFired) {
    Parameter& p = e.parameter[id % kParameters];
    Array<float>& array = id < kArrayMean ? p.value : id < kArrayVariance ? p.mean : p.variance;
    return array.size() == 0 ? View{} : View{array.data(), p.rows, p.width, p.stride};
  }
  switch (id) {
    case kArrayTokensSinceFired:
      return View{e.tokensSinceFired.data(), 1, dSae, dSae};
    case kArrayMappedEncoder:
      return View{const_cast<float*>(e.encoder()), dSae, static_cast<size_t>(e.config.dIn), static_cast<size_t>(e.width)};
    case kArrayDecoderNorm:
      return View{e.decoderNorm.data(), 1, dSae, dSae};
    case kArrayMagnitudeScale:
      return View{e.magnitudeScale.data(), 1, dSae, dSae};
    case kArrayMagnitudeBias:
      return View{e.magnitudeBias.data(), 1, dSae, dSae};
    case kArrayTheta:
      return View{e.theta.data(), 1, dSae, dSae};
    default:
      return View{};
  }
}

}  // namespace

size_t arraySize(const Engine& engine, int id) {
  const View view = viewOf(engine, id);
  return view.rows * view.width;
}

bool writeArray(Engine& engine, int id, const void* data, size_t count) {
  const View view = viewOf(engine, id);
  if (view.data == nullptr || count != view.rows * view.width) return false;
  for (size_t row = 0; row < view.rows; row++) {
    memcpy(static_cast<char*>(view.data) + row * view.stride * 4, static_cast<const char*>(data) + row * view.width * 4,
           view.width * 4);
  }
  return true;
}

bool readArray(const Engine& engine, int id, void* data, size_t count) {
  const View view = viewOf(engine, id);
  if (view.data == nullptr || count != view.rows * view.width) return false;
  for (size_t row = 0; row < view.rows; row++) {
    memcpy(static_cast<char*>(data) + row * view.width * 4, static_cast<char*>(view.data) + row * view.stride * 4,
           view.width * 4);
  }
  return true;
}

void writeCounters(Engine& e, const double* counters) {
  e.nSteps = static_cast<int64_t>(counters[0]);
  e.batches = static_cast<int32_t>(counters[1]);
  e.threshold = static_cast<float>(counters[2]);
  e.thresholdAverage = static_cast<float>(counters[3]);
  e.thresholdWeight = static_cast<float>(counters[4]);
}

void readCounters(const Engine& e, double* counters) {
  counters[0] = static_cast<double>(e.nSteps);
  counters[1] = e.batches;
  counters[2] = e.threshold;
  counters[3] = e.thresholdAverage;
  counters[4] = e.thresholdWeight;
}

Controls readControls(const double* f, const float* target) {
  Controls c;
  c.lr = f[kControlLr];
  c.sparsityCoefficient = f[kControlSparsityCoefficient];
  c.p = f[kControlP];
  c.nextP = f[kControlNextP];
  c.k = f[kControlK];
  c.clipNorm = f[kControlClipNorm];
  c.wantStats = f[kControlWantStats] != 0;
  c.rowPenaltyTarget = target;
  c.rowPenaltyWeight = f[kControlRowPenaltyWeight];
  c.rowPenaltyWidth = f[kControlRowPenaltyWidth];
  return c;
}

}  // namespace plumbline
