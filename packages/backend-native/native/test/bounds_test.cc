// What screening says of every pair before anything is computed exactly: an upper bound of its score, and one of how far above.
#include "../core/candidates.h"
#include "check.h"
#include "screening.h"
#include "themes.h"

namespace plumbline {
namespace test {
namespace {

constexpr const char* kLevelNames[] = {"fp32", "bf16", "int8", "int16"};

void checkBounds(const Kernels& kernels, const Problem& problem, Level level) {
  const Instance made = openProblem(kernels, problem, level, 1);
  Engine& e = *made;
  const int nTokens = problem.nTokens, dSae = e.config.dSae;
  // Every latent comes through, but for the padding.
  for (int f = 0; f < dSae; f++) e.rowThreshold[f] = -__builtin_inff();
  Panels panels;
  Candidates candidates;
  const Tokens tokens{nTokens, nullptr};
  const Request request{0, true, -__builtin_inff(), level, true};
  CHECK(packPanels(e, tokens, level, panels));
  CHECK(collectCandidates(e, tokens, request, panels, candidates) == kOk);
  const std::vector<float> scores = canonicalScores(e, nTokens);
  const EncoderCopy& copy = e.copies[level == kF32 ? 1 : 0];
  const char* name = kLevelNames[level];
  for (int b = 0; b < nTokens; b++) {
    const uint32_t start = candidates.start[b], n = candidates.start[b + 1] - start;
    CHECK_IN(n == static_cast<uint32_t>(dSae) && candidates.unproven[b] == 0, "%s: %u of %d latents", name, n, dSae);
    for (uint32_t i = start; i < start + n; i++) {
      const int f = candidates.latent[i];
      const float score = scores[static_cast<size_t>(b) * dSae + f], upper = candidates.upper[i];
      CHECK_IN(upper >= score, "%s, dIn %d, token %d, latent %d: %a, below %a", name, e.config.dIn, b, f, upper, score);
      // As `spread` in candidates.cc: a list is pruned by it.
      const float spread = 2.0002f * (panels.error[b] * copy.norm[f] + panels.norm[b] * copy.error[f] + e.rowSlack[f]);
      CHECK_IN(upper - spread <= score, "%s, dIn %d, token %d, latent %d: %a − %a, above %a", name, e.config.dIn, b, f, upper,
               spread, score);
    }
  }
}

}  // namespace

void testBounds(const Kernels& kernels, const Effort& effort) {
  Random random = effort.random(16);
  for (int round = 0; round < effort.times(40); round++) {
    const Problem problem = randomProblem(random);
    for (const Level level : levelsOf(kernels)) checkBounds(kernels, problem, level);
  }
}

}  // namespace test
}  // namespace plumbline
