// Candidates of every token: what the screening could not rule out, in rows one after another, and their exact scores.
#pragma once
#include "panels.h"

namespace plumbline {

struct Candidates {
  /// [nTokens + 1]
  Array<uint32_t> start;
  Array<int32_t> latent;
  /// an upper bound of the score, and the score once it was computed
  Array<float> upper, exact;
  /// where no room was left, and nothing is known
  Array<uint8_t> unproven;
};

/// What is asked of a screening.
struct Request {
  int k;  ///< 0: all above the thresholds
  bool useRowThreshold;
  float least;
  Level level;
  /// no list may overflow
  bool roomForAll;
};

/// Runs the screening product over all latents and keeps what may matter.
Status collectCandidates(Engine& engine, const Tokens& tokens, const Request& request, const Panels& panels,
                         Candidates& candidates);

/// Exact scores of each token's candidates `from[i]` … `until[i]` (absolute positions), latent by latent, so that every
/// encoder row is read once. Counts them.
Status rescore(Engine& engine, const Tokens& tokens, Candidates& candidates, const uint32_t* from, const uint32_t* until,
               int64_t& counted);

/// A value that at least k of the n reach, close to the largest such; all reach `least`.
float reachedBy(const Kernels& kernels, const float* values, int n, int k, float least);

}  // namespace plumbline
