// One SAE: what it is, its arrays, and the working memory of a batch.
#pragma once
#include "gemm.h"
#include "kernels.h"
#include "pool.h"

namespace plumbline {

enum Family : int { kTopK = 0, kBatchTopK = 1, kRelu = 2, kJumpRelu = 3, kGated = 4 };
enum RowMap : int { kFreeRows = 0, kProjection = 1, kProjectionFromDecoder = 2, kScaleMap = 3, kCoupled = 4, kTied = 5 };
enum Penalty : int { kNoPenalty = 0, kL1 = 1, kLpPower = 2, kLpNorm = 3, kTarget = 4, kStep = 5, kTanh = 6 };
enum AuxkForm : int { kNormalized = 0, kScaled = 1, kScaledWithBias = 2 };
enum ThresholdAverage : int { kCorrected = 0, kFirstValue = 1, kFromZero = 2 };

/// What went wrong, for the host to put into words.
enum Status : int { kOk = 0, kNoMemory = 1, kNotFinite = 2, kBadConfig = 3, kNotTrainable = 4 };

constexpr int kMostGroups = 64;

struct Config {
  int dIn, dSae;
  Family family;
  RowMap map;
  bool unitRows;
  /// latents are ranked (and, once trained, valued) by value times the norm of their decoder row
  bool rankByNorm;
  bool subtractDecoderBias;
  bool trainable;
  /// of the inference rule; training takes its own from the step's controls
  int k;
  Level level;
  double beta1, beta2, epsilon;
  int deadAfterTokens;
  // AuxK
  double auxkCoefficient;
  int auxk;
  AuxkForm auxkForm;
  // the estimated threshold of batch rules
  double thresholdDecay;
  int thresholdAfterBatches;
  ThresholdAverage thresholdAverage;
  // penalties
  Penalty penalty;
  double targetL0, tanhScale, bandwidth;
  bool countsLatents;
  bool logThreshold;
  // nested groups of latents, one unless Matryoshka
  int nGroups;
  int groupEnd[kMostGroups];
  double groupWeight[kMostGroups];
};

struct Controls {
  double lr, sparsityCoefficient, p, nextP, k;
  /// 0: none
  double clipNorm;
  bool wantStats;
  const float* rowPenaltyTarget;
  double rowPenaltyWeight, rowPenaltyWidth;
};

/// What a step reports, in the order that the host reads it.
struct Report {
  double loss, gradientNorm;
  double reconstruction, sparsity, auxk, rowPenalty;
  double l0, deadLatents, explainedVariance, penaltyAtP, penaltyAtNextP;
  /// tokens whose candidates overflowed at low precision, and tokens screened again in float32
  double unprovenRows, redoneRows;
  /// latents computed exactly per token
  double rescoredLatents;
  /// 1 where the step used dense products
  double dense;
  /// first row that is not finite, where the status says so
  double badRow;
};

struct Parameter {
  Array<float> value, mean, variance;
  size_t rows = 0, width = 0, stride = 0;
};

enum ParameterId : int { kEncoder = 0, kDecoder = 1, kEncoderBias = 2, kDecoderBias = 3, kThreshold = 4, kParameters = 5 };

/// The encoder as the screening reads it.
struct EncoderCopy {
  Level level = kF32;
  int nSteps = 0;
  size_t rowBytes = 0;
  /// empty for float32, which reads the encoder itself
  Array<uint8_t> rows;
  Array<float> scale, norm, error;
  Array<int32_t> offset;
};

/// Sums of a task, or a list that grows in one.
struct PairList {
  int32_t* latent = nullptr;
  float* value = nullptr;
  size_t size = 0, capacity = 0;
  bool lost = false;

  ~PairList() {
    release(latent);
    release(value);
  }
  /// Room for `n` more; false, and `lost` set, where memory ran out.
  bool reserve(size_t n);
  void push(int32_t f, float v) {
    if (size == capacity && !reserve(1)) return;
    latent[size] = f;
    value[size] = v;
    size++;
  }
  void clear() { size = 0; }
};

/// Latents of a batch by token, and the same pairs by latent.
struct Pairs {
  Array<uint32_t> tokenStart;
  Array<int32_t> latent;
  Array<float> value;
  Array<uint32_t> latentStart;
  Array<int32_t> token;
  /// by latent: position in token order
  Array<uint32_t> source;
  size_t count() const { return tokenStart.size() == 0 ? 0 : tokenStart[tokenStart.size() - 1]; }
};

struct Scratch;
struct ScreenMemory;
struct CandidateMemory;
class TokenLists;
ScreenMemory* createScreenMemory();
void destroyScreenMemory(ScreenMemory* memory);
CandidateMemory* createCandidateMemory();
void destroyCandidateMemory(CandidateMemory* memory);
TokenLists* createTokenLists();
void destroyTokenLists(TokenLists* lists);

/// Pairs in latent order, for exact scores.
struct RescoreMemory {
  Array<uint32_t> start, slot;
  Array<int32_t> token;
};

/// Groups of four bytes that a row has at a level.
inline int stepsOf(Level level, int dIn) {
  const int perGroup = level == kF32 ? 1 : level == kI8 ? 4 : 2;
  return (dIn + perGroup - 1) / perGroup;
}

struct Engine {
  Config config;
  const Kernels* kernels;
  Pool* pool;
  int width;  ///< dIn padded to kRowUnit: the stride of every row
  int latents;  ///< dSae padded to kLatentUnit

  Parameter parameter[kParameters];
  Array<int32_t> tokensSinceFired;
  Array<int32_t> firedTokens;  ///< of this batch, by latent
  // the estimated threshold
  float threshold = 0, thresholdAverage = 0, thresholdWeight = 0;
  int32_t batches = 0;
  int64_t nSteps = 0;

  /// effective encoder rows; the stored ones where there is no map
  Array<float> mapped;
  EncoderCopy copies[2];  ///< at the engine's level, and float32
  Array<float> rank;  ///< 1, or the norm of the decoder row where latents are ranked by it
  Array<float> decoderNorm;  ///< of decoder rows where they are free
  Array<float> rowBias, rowSlack;  ///< bias times rank, and what rounding may add
  Array<float> theta;  ///< thresholds themselves, whichever form is trained
  Array<float> rowThreshold;  ///< where screening lets a latent through
  // gated inference
  Array<float> magnitudeScale, magnitudeBias;
  Array<float> zeroRow;

  // one batch
  int nTokens = 0;
  Array<float> x, centered;
  Array<float> residual;  ///< [nGroups][B][width]: gradient of the loss to each group's reconstruction
  Pairs pairs, auxPairs;
  Array<float> auxResidual;
  Array<float> codeGradient, auxGradient;
  Array<float> tokenFactor;
  Array<float> biasGradient, thresholdGradient, normGradient, centerPartials, columnPartials;
  Array<double> rowSquares, rowPenalties, tokenSums;
  Array<float> dense, denseGradient;
  /// right sides of dense products: tokens and residuals, along the depth or across it
  PackedRight packedTokens, packedAcross, packedResidual;

  ScreenMemory* screenMemory;
  CandidateMemory* candidateMemory;
  TokenLists* lists;
  RescoreMemory rescoring;
  Scratch* scratch = nullptr;  ///< one a thread
  int nScratch = 0;

  Engine(const Config& config, const Kernels* kernels, Pool* pool);
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  const float* encoder() const {
    if (config.map == kFreeRows) return parameter[kEncoder].value.data();
    return config.map == kTied ? parameter[kDecoder].value.data() : mapped.data();
  }
  const float* decoder() const { return parameter[kDecoder].value.data(); }
  const float* row(const float* matrix, size_t i) const { return matrix + i * static_cast<size_t>(width); }
  float* row(float* matrix, size_t i) const { return matrix + i * static_cast<size_t>(width); }
  int groupOf(int latent) const;
};

/// Working memory of one thread.
struct Scratch {
  Array<float> encoderGradient, decoderGradient, floats, moreFloats, exact, scores, tile;
  Array<int32_t> indices;
  Array<float> packA, packB;
  Array<float> encoderBlock, decoderBlock;
};

/// Arrays of the right sizes; false where memory ran out.
bool allocateEngine(Engine& engine);
/// Everything that follows from the parameters: mapped rows, norms, copies.
void refreshAll(Engine& engine);
void refreshRow(Engine& engine, int latent);

Status trainStep(Engine& engine, const float* batch, int nTokens, const Controls& controls, Report& report);
/// Latents by the inference rule; they are in `engine.pairs` afterwards.
Status encodeBatch(Engine& engine, const float* batch, int nTokens, Report& report);
/// `[nTokens][dIn]` from latents by token
Status decodeBatch(Engine& engine, int nTokens, const uint32_t* starts, const uint32_t* indices, const float* values,
                   float* out);

}  // namespace plumbline
