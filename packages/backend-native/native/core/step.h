// One training step, in parts. A part reads what the parts before it left in the engine.
#pragma once
#include "engine.h"
#include "screen.h"

namespace plumbline {

/// Numbers of a step that its parts share.
struct Step {
  Engine& engine;
  const Controls& controls;
  Report& report;
  int nTokens;
  /// d(loss) / d(residual) = scale · residual
  float residualScale;
  /// sparsityCoefficient / nTokens
  float penaltyScale;
  /// d(loss) / d(auxiliary residual) = scale · residual; 0 where there is no auxiliary term
  float auxScale;
  /// d(penalty) / d(count), for penalties on L0
  float countScale;
  bool useDense;
};

/// Pairs that grow token by token, on any thread, and are then joined in order.
class TokenLists final : public Receiver {
 public:
  ~TokenLists() override { delete[] lists_; }
  bool resize(int nTokens);
  void receive(int position, int token, int n, const int32_t* latents, const float* scores) override;
  PairList& operator[](int position) { return lists_[position]; }
  /// All pairs by token; false where memory ran out on the way.
  bool join(Pairs& pairs) const;

 private:
  PairList* lists_ = nullptr;
  int size_ = 0, capacity_ = 0;
};

/// Copies a batch in, padded and centered. Returns the first row that is not finite, or −1; −2 where memory ran out.
int loadBatch(Engine& engine, const float* batch, int nTokens);
/// Which latents the step's rule keeps: `engine.pairs` by token. Scores still carry the rank.
Status selectForTraining(Step& step);
/// The same pairs by latent.
bool sortByLatent(Pairs& pairs, int dSae);
/// Σ over tokens of ‖row − mean row‖², in float64; 0 where memory ran out.
double squaresAroundMean(const Engine& engine, const float* rows, int n);
/// Residuals of every group, and the loss of the reconstruction.
bool reconstruct(Step& step);
/// After the parts that read the plain residual: what the gradient of each group's latents reads.
void weighResiduals(Step& step);
/// How far AuxK rebuilds the residual from dead latents: `engine.auxPairs`, `engine.auxResidual`.
Status auxiliary(Step& step, const Array<uint8_t>& dead, int nDead);
/// The value of the penalty, and what its gradient needs of the whole batch.
bool penalize(Step& step);
/// From the sums over tokens of the penalty at p and at the next p: its value, and the slope of what it counts.
void setPenalty(Step& step, double sum, double next);
/// Gradients, clipping, Adam and constraints, latent by latent.
Status updateParameters(Step& step);
/// Dense counterparts, for steps in which many latents fire.
bool prefersDense(Step& step, Status& status);
Status denseForward(Step& step);

}  // namespace plumbline
