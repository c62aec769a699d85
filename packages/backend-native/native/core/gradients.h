// Gradients of one latent: of its codes, then of its two rows.
#pragma once
#include "step.h"

namespace plumbline {

/// Sums over a latent's tokens, of which there may be as many as the batch has: in float64, which costs scalars nothing.
struct LatentSums {
  double bias = 0;
  double threshold = 0;
  /// gradient to the norm of its decoder row, for penalties weighted by free norms
  double norm = 0;
};

/// From a latent's values over some tokens (null: all, in order) and the slopes of the reconstruction, the gradient of each
/// pre-activation (`g`) and what each token decodes with (`weight`). Tokens that are left out have latents of 0.
void codeGradients(const Step& step, int latent, int n, const int32_t* tokens, const float* values, const float* slopes,
                   float* g, float* weight, Scratch& scratch, LatentSums& sums);

/// Takes gradients of effective rows to stored ones: row penalty, the map's chain rule, the projection off a unit row.
/// Returns the value of the row penalty.
double storedGradients(const Step& step, int latent, const LatentSums& sums, float* encoderGradient,
                       float* decoderGradient, Scratch& scratch);

/// Adam on both rows, the bias and the threshold, then the constraints and all that follows from the parameters.
void updateLatent(Engine& engine, int latent, const AdamStep& adam, const float* encoderGradient,
                  const float* decoderGradient, float biasGradient, float thresholdGradient);

}  // namespace plumbline
