// Screening problems: an engine's parameters and a batch, with everything that makes screening hard.
#pragma once
#include "engines.h"

namespace plumbline {
namespace test {

struct Problem {
  Recipe recipe;
  State state;
  int nTokens = 0, k = 0;
  std::vector<float> batch;
};

/// Random sizes (dIn to 200, dSae to 400, 300 tokens), kinds of rows, ties, duplicates, outlier dimensions and norms.
Problem randomProblem(Random& random);
/// kLoud: some latents have far larger bounds, though not scores, than the best; kSame: all are equal.
enum Likeness : int { kUnlike, kLoud, kSame };
/// As few or as many latents and tokens as asked for.
Problem sizedProblem(Random& random, int dIn, int dSae, int nTokens, Likeness likeness);
/// An engine with the problem's parameters that screens at a level; its batch is loaded.
Instance openProblem(const Kernels& kernels, const Problem& problem, Level level, int threads);

/// Scores as the core defines them, [nTokens][dSae].
std::vector<float> canonicalScores(const Engine& engine, int nTokens);

}  // namespace test
}  // namespace plumbline
