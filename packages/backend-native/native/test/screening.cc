#include "screening.h"

#include <string.h>

#include "../core/step.h"

namespace plumbline {
namespace test {
namespace {

/// Scales rows of a matrix, each by a power of ten of its own.
void spreadNorms(Random& random, std::vector<float>& matrix, int width, double lowest, double highest) {
  for (size_t i = 0; i < matrix.size(); i += width) {
    const double factor = std::pow(10.0, lowest + random.unit() * (highest - lowest));
    for (int j = 0; j < width; j++) matrix[i + j] = static_cast<float>(matrix[i + j] * factor);
  }
}

/// Copies some rows over others, so that scores tie.
void repeatRows(Random& random, std::vector<float>& matrix, int width, double share) {
  const int n = static_cast<int>(matrix.size()) / width;
  for (int i = 0; i < n; i++) {
    if (!random.chance(share)) continue;
    memmove(matrix.data() + static_cast<size_t>(i) * width, matrix.data() + static_cast<size_t>(random.below(n)) * width,
            width * sizeof(float));
  }
}

/// Rows of mixed kinds.
std::vector<float> mixedRows(Random& random, int n, int width) {
  constexpr RowKind kKinds[] = {kOrdinary, kOrdinary, kOrdinary, kZeros, kSpiky, kSparse, kEqual, kVerySmall};
  std::vector<float> rows(static_cast<size_t>(n) * width);
  for (int i = 0; i < n; i++) fillRow(random, kKinds[random.below(8)], rows.data() + static_cast<size_t>(i) * width, width, width);
  return rows;
}

/// The same numbers, rounded to a few of them: exact ties of sums.
void coarsen(std::vector<float>& values) {
  for (float& value : values) value = std::round(value * 2) / 2;
}

std::vector<float>& arrayOf(State& state, int id) {
  for (auto& [existing, data] : state.arrays) {
    if (existing == id) return data;
  }
  state.arrays.emplace_back(id, std::vector<float>());
  return state.arrays.back().second;
}

}  // namespace

Problem randomProblem(Random& random) {
  Problem p;
  const bool small = random.chance(0.3);
  p.recipe.dIn = random.between(1, small ? 20 : 200);
  p.recipe.dSae = random.between(1, small ? 40 : 400);
  p.nTokens = random.between(1, random.chance(0.3) ? 300 : 70);
  p.recipe.unitRows = random.chance(0.5);
  p.recipe.rankByNorm = !p.recipe.unitRows && random.chance(0.6);
  p.recipe.subtractDecoderBias = random.chance(0.5);
  p.k = random.chance(0.2) ? p.recipe.dSae : random.between(1, random.chance(0.5) ? smaller(8, p.recipe.dSae) : p.recipe.dSae);
  p.recipe.k = p.k;
  p.state = randomState(random, p.recipe);
  const int dIn = p.recipe.dIn;
  std::vector<float>& encoder = arrayOf(p.state, kEncoder);
  p.batch = random.chance(0.5) ? mixedRows(random, p.nTokens, dIn) : randomBatch(random, p.nTokens, dIn);
  if (random.chance(0.5)) encoder = mixedRows(random, p.recipe.dSae, dIn);
  if (random.chance(0.3)) {
    coarsen(encoder);
    coarsen(p.batch);
    coarsen(arrayOf(p.state, kEncoderBias));
    coarsen(arrayOf(p.state, kDecoderBias));
  }
  if (random.chance(0.4)) {
    const double share = random.unit();
    for (int d = 0; d < dIn; d++) {
      if (!random.chance(share * share)) continue;
      const float factor = static_cast<float>(std::pow(10.0, 3 * random.unit()));
      for (int b = 0; b < p.nTokens; b++) p.batch[static_cast<size_t>(b) * dIn + d] *= factor;
    }
  }
  // Norms of every size whose products stay finite.
  const int size = random.below(6);
  if (size == 1) spreadNorms(random, p.batch, dIn, -20, 15);
  if (size == 2) spreadNorms(random, encoder, dIn, -20, 15);
  if (size == 3) {
    spreadNorms(random, p.batch, dIn, -38, -15);
    spreadNorms(random, encoder, dIn, -5, 20);
  }
  if (size == 4) {
    spreadNorms(random, p.batch, dIn, -21, -17);
    spreadNorms(random, encoder, dIn, -21, -17);
    for (float& bias : arrayOf(p.state, kEncoderBias)) bias = 0;
    for (float& center : arrayOf(p.state, kDecoderBias)) center = 0;
  }
  if (p.recipe.rankByNorm && random.chance(0.3)) spreadNorms(random, arrayOf(p.state, kDecoder), dIn, -6, 6);
  if (random.chance(0.4)) {
    repeatRows(random, encoder, dIn, 0.3);
    repeatRows(random, p.batch, dIn, 0.3);
    for (float& bias : arrayOf(p.state, kEncoderBias)) bias = random.chance(0.7) ? 0.25f : bias;
  }
  return p;
}

Problem sizedProblem(Random& random, int dIn, int dSae, int nTokens, Likeness likeness) {
  Problem p;
  p.recipe.dIn = dIn;
  p.recipe.dSae = dSae;
  p.nTokens = nTokens;
  p.k = p.recipe.k = random.between(1, 6);
  p.state = randomState(random, p.recipe);
  p.batch = randomBatch(random, nTokens, dIn);
  std::vector<float>& encoder = arrayOf(p.state, kEncoder);
  std::vector<float>& bias = arrayOf(p.state, kEncoderBias);
  for (int f = 0; likeness == kSame && f < dSae; f++) {
    if (f > 0) memcpy(encoder.data() + static_cast<size_t>(f) * dIn, encoder.data(), dIn * sizeof(float));
    bias[f] = 50;
  }
  for (int f = 0; likeness == kLoud && f < dSae; f++) {
    // Loud rows are large where tokens are zero.
    const bool isLoud = random.chance(0.3);
    float* row = encoder.data() + static_cast<size_t>(f) * dIn;
    for (int j = 0; j < dIn; j++) row[j] = isLoud ? 0 : 1e-3f * row[j];
    if (isLoud) row[dIn - 1] = static_cast<float>(std::pow(10.0, 2 * random.unit()));
    bias[f] = static_cast<float>(50 + (isLoud ? 0 : std::pow(10.0, -4 + 3.5 * random.unit())));
  }
  if (likeness == kLoud) {
    for (float& center : arrayOf(p.state, kDecoderBias)) center = 0;
    for (int b = 0; b < nTokens; b++) p.batch[static_cast<size_t>(b + 1) * dIn - 1] = 0;
  }
  return p;
}

Instance openProblem(const Kernels& kernels, const Problem& problem, Level level, int threads) {
  Recipe recipe = problem.recipe;
  recipe.level = level;
  Instance made = makeInstance(kernels, recipe, threads);
  load(*made, problem.state);
  loadBatch(*made, problem.batch.data(), problem.nTokens);
  return made;
}

std::vector<float> canonicalScores(const Engine& e, int nTokens) {
  const int dSae = e.config.dSae;
  std::vector<float> scores(static_cast<size_t>(nTokens) * dSae);
  for (int b = 0; b < nTokens; b++) {
    for (int f = 0; f < dSae; f++) {
      const float sum = e.kernels->dot(e.row(e.encoder(), f), e.row(e.centered.data(), b), e.width);
      scores[static_cast<size_t>(b) * dSae + f] = (sum + e.parameter[kEncoderBias].value[f]) * e.rank[f];
    }
  }
  return scores;
}

}  // namespace test
}  // namespace plumbline
