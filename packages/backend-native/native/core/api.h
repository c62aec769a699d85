// What hosts call: plain numbers in and out, the same for the Node addon and for WebAssembly.
#pragma once
#include "engine.h"

namespace plumbline {

/// Order of the numbers in a configuration; `groupEnd` and `groupWeight` follow, one pair a group.
enum ConfigField : int {
  kFieldDIn, kFieldDSae, kFieldFamily, kFieldMap, kFieldUnitRows, kFieldRankByNorm, kFieldSubtractDecoderBias,
  kFieldTrainable, kFieldK, kFieldLevel, kFieldBeta1, kFieldBeta2, kFieldEpsilon, kFieldDeadAfterTokens,
  kFieldAuxkCoefficient, kFieldAuxk, kFieldAuxkForm, kFieldThresholdDecay, kFieldThresholdAfterBatches,
  kFieldThresholdAverage, kFieldPenalty, kFieldTargetL0, kFieldTanhScale, kFieldBandwidth, kFieldCountsLatents,
  kFieldLogThreshold, kFieldGroups, kConfigFields
};
/// Order of the numbers that control a step.
enum ControlField : int {
  kControlLr, kControlSparsityCoefficient, kControlP, kControlNextP, kControlK, kControlClipNorm, kControlWantStats,
  kControlRowPenaltyWeight, kControlRowPenaltyWidth, kControlFields
};
/// Arrays of an engine by number: parameters, then their moments, then the rest.
enum ArrayId : int {
  kArrayValue = 0, kArrayMean = 5, kArrayVariance = 10, kArrayTokensSinceFired = 15, kArrayMappedEncoder = 16,
  kArrayDecoderNorm = 17, kArrayMagnitudeScale = 18, kArrayMagnitudeBias = 19, kArrayTheta = 20
};

/// False where the numbers describe nothing that the core can run.
bool readConfig(const double* fields, int count, Config& config);
/// Levels that a table offers for `auto`, best first.
Level automaticLevel(const Kernels& kernels);

/// Copies an array in or out, without padding; `count` must be its size. False for another size or no such array.
bool writeArray(Engine& engine, int id, const void* data, size_t count);
bool readArray(const Engine& engine, int id, void* data, size_t count);
/// How many numbers an array has; 0 where there is none.
size_t arraySize(const Engine& engine, int id);

constexpr int kReportFields = static_cast<int>(sizeof(Report) / sizeof(double));
/// Counters that an update replaces: [nSteps, batches, threshold, thresholdAverage, thresholdWeight].
constexpr int kCounterFields = 5;
void writeCounters(Engine& engine, const double* counters);
void readCounters(const Engine& engine, double* counters);
Controls readControls(const double* fields, const float* rowPenaltyTarget);

}  // namespace plumbline
