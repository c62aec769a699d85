// The inner loops, one table an instruction set. Every function works on rows padded with zeros to a multiple of
// kRowUnit floats, so no loop has a tail, and has one fixed order of summation.
#pragma once
#include "platform.h"

namespace plumbline {

/// How the encoder product is computed when it only has to say which latents may matter.
enum Level : int { kF32 = 0, kBf16 = 1, kI8 = 2, kI16 = 3, kLevels = 4 };

/// A latent that may matter, with an upper bound of its score. One store keeps both.
struct Candidate {
  float upper;
  int32_t latent;
};

/// The candidates of one token.
struct CandidateList {
  Candidate* items;
  int32_t count;
  /// `full` is called when there are this many; it may grow, up to what was allocated
  int32_t limit;
};

/// One range of latents against consecutive panels of tokens. A panel holds `Kernels::panel` tokens side by side.
///
/// For latent f and token b: `upper = dot · rowScale[f] · tokenScale[b] + rowBias[f] + tokenError[b] · rowNorm[f] +
/// tokenNorm[b] · rowError[f]`, kept where it reaches `max(tokenThreshold[b], rowThreshold[f])`.
struct ScreenTask {
  const uint8_t* panels;
  size_t panelBytes;
  int nPanels;
  const uint8_t* rows;
  size_t rowBytes;
  /// groups of four bytes in a row: one float, two bfloat16 or int16, four int8
  int nSteps;
  int firstLatent, lastLatent;
  const float *rowScale, *rowBias, *rowNorm, *rowError, *rowThreshold;
  /// int8 only: −128 · Σ row, since tokens are stored with an offset of 128
  const int32_t* rowOffset;
  const float *tokenScale, *tokenError, *tokenNorm;
  float* tokenThreshold;
  /// dimensions that are left out of the low-precision product and added in float32, `outlierX` [nPanels][nOutliers][panel]
  int nOutliers;
  const int32_t* outlierDims;
  const float* outlierX;
  const float* encoder;
  size_t encoderStride;
  const float* rowRank;
  /// one a token
  CandidateList* lists;
  /// called with the token where its list is full; must make room or raise the token's threshold to infinity
  void (*full)(void* context, int token);
  void* context;
};

struct AdamStep {
  float beta1, oneMinusBeta1, beta2, oneMinusBeta2;
  float inverseSpread;  ///< 1 / sqrt(1 − beta2^t)
  float epsilon;
  float stepSize;  ///< lr / (1 − beta1^t)
  float gradientScale;  ///< the clipping factor
};

/// A low-precision copy of one row, and how far it is from the row.
struct RowCopy {
  float scale;
  float norm;  ///< an upper bound of the copy's norm
  float error;  ///< an upper bound of the norm of the difference
  int32_t offset;
};

/// Functions of single values with the borders of IEEE, for tensors.
enum ValueFunction : int { kValueExp = 0, kValueLog = 1, kValueTanh = 2, kValueSigmoid = 3, kValueFunctions = 4 };

struct Kernels {
  const char* name;
  /// tokens in a panel
  int panel;
  /// latents in a tile; ranges of latents are cut at multiples of it
  int tile[kLevels];
  /// null where the instruction set has no use for the level
  void (*screen[kLevels])(const ScreenTask&);
  /// GEMM tile: nRows × (panel) values
  int gemmRows;
  void (*gemmTile)(int depth, const float* a, const float* b, float* c, size_t cStride, int rows, int columns,
                   bool accumulate);

  float (*dot)(const float* a, const float* b, int n);
  /// `out[i] = dot(x, rows + indices[i] · stride)`, each with the bits of `dot`
  void (*dotRows)(const float* x, const float* rows, size_t stride, const int32_t* indices, int count, int n, float* out);
  void (*axpy)(float a, const float* x, float* y, int n);
  /// `out = bias + Σ values[i] · rows[indices[i]]`
  void (*combineRows)(const float* bias, const float* rows, size_t stride, const int32_t* indices, const float* values,
                      int count, float* out, int n);
  /// `gEncoder += Σ g_i · x[i]`, `gDecoder += Σ v_i · y[i]`, tokens by index
  void (*accumulate)(const int32_t* tokens, const float* g, const float* v, int count, const float* x, const float* y,
                     size_t stride, float* gEncoder, float* gDecoder, int n);
  void (*subtract)(const float* a, const float* b, float* out, int n);
  void (*scaleInto)(float a, const float* x, float* out, int n);
  void (*adam)(const AdamStep& step, const float* g, float* p, float* m, float* v, int n);
  float (*maxAbs)(const float* x, int n);
  /// a copy of a row as the level has it; for float32 the row itself when `out` is the row
  RowCopy (*copyRow[kLevels])(const float* row, int n, void* out);
  /// the norm, rounded up
  float (*normUp)(const float* row, int n);
  /// how many of `values` are at least `limit`
  int (*countAtLeast)(const float* values, int n, float limit);
  /// `out[i] = values[i]^p` where values[i] > 0, else 0
  void (*power)(const float* values, float p, float* out, int n);
  void (*exponential)(const float* values, float* out, int n);
  void (*hyperbolicTangent)(const float* values, float scale, float* out, int n);
  /// `pre + bias`, cut at 0 below, back into pre; returns how many are above 0
  int (*biasRelu)(float* pre, float bias, int n);
  /// not in WebAssembly
  void (*valueFunction[kValueFunctions])(const float* x, float* out, int n);
};

/// The best table that this processor runs, or the named one; null for a name that it cannot run.
const Kernels* chooseKernels(const char* name);
/// Names that this processor runs, best first; `index` from 0, null at the end.
const char* kernelsName(int index);

}  // namespace plumbline
