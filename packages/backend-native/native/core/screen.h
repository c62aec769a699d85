// Screening: which latents of each token may matter, proven by bounds, and their exact scores.
//
// A score is `rank · (⟨encoder row, centered token⟩ + bias)`, its dot product summed in one canonical order
// (`Kernels::dot`). Every level of precision only proposes candidates; what is kept has the canonical score. So all levels
// give the same latents with the same bits.
#pragma once
#include "engine.h"

namespace plumbline {

/// Which tokens are screened.
struct Tokens {
  int count;
  /// token numbers; null for 0 … count − 1
  const int32_t* numbers;
  int at(int i) const { return numbers == nullptr ? i : numbers[i]; }
};

struct ScreenCounts {
  int64_t rescored = 0;
  int32_t unproven = 0;
};

/// Called once a token with the latents that the request keeps, ascending, and their scores. Runs on any thread.
struct Receiver {
  virtual ~Receiver() = default;
  virtual void receive(int position, int token, int n, const int32_t* latents, const float* scores) = 0;
};

/// Every latent whose score may be among the k largest of the token (and above 0), k largest exact ones handed on.
Status screenLargest(Engine& engine, const Tokens& tokens, int k, Level level, Receiver& receiver, ScreenCounts& counts);

/// Every latent whose score may reach `engine.rowThreshold` (where `useRowThreshold`) and `least`; exact scores that do are
/// handed on.
Status screenAbove(Engine& engine, const Tokens& tokens, bool useRowThreshold, float least, Level level,
                   Receiver& receiver, ScreenCounts& counts);

}  // namespace plumbline
