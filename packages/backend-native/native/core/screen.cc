#include "screen.h"

#include "candidates.h"
#include "numbers.h"

namespace plumbline {

/// Working memory of a screening, kept between steps.
struct ScreenMemory {
  Panels panels;
  Candidates candidates;
  Array<uint32_t> from, until;
};

ScreenMemory* createScreenMemory() { return new ScreenMemory; }
void destroyScreenMemory(ScreenMemory* memory) { delete memory; }

namespace {

constexpr int kBlock = 64;

/// Puts the candidates whose bound reaches `limit` before the others; returns how many. Order within each part is kept
/// for none.
uint32_t moveToFront(Candidates& c, uint32_t from, uint32_t until, float limit) {
  uint32_t front = from;
  for (uint32_t i = from; i < until; i++) {
    if (!(c.upper[i] >= limit)) continue;
    const float upper = c.upper[front];
    const int32_t latent = c.latent[front];
    c.upper[front] = c.upper[i];
    c.latent[front] = c.latent[i];
    c.upper[i] = upper;
    c.latent[i] = latent;
    front++;
  }
  return front;
}

/// The k largest of n exact scores above 0, ties to the lower latent; ascending by latent afterwards. Returns how many.
int keepLargest(int32_t* latents, float* scores, float* copy, int n, int k) {
  int positive = 0;
  for (int i = 0; i < n; i++) {
    if (scores[i] > 0) {
      latents[positive] = latents[i];
      scores[positive] = scores[i];
      positive++;
    }
  }
  if (positive > k) {
    for (int i = 0; i < positive; i++) copy[i] = scores[i];
    const float limit = kthLargest(copy, positive, k);
    int above = 0, reaching = 0;
    for (int i = 0; i < positive; i++) {
      above += scores[i] > limit ? 1 : 0;
      if (!(scores[i] >= limit)) continue;
      latents[reaching] = latents[i];
      scores[reaching] = scores[i];
      reaching++;
    }
    sortPairs(latents, scores, reaching);
    int ties = k - above, kept = 0;
    for (int i = 0; i < reaching; i++) {
      if (!(scores[i] > limit) && ties-- <= 0) continue;
      latents[kept] = latents[i];
      scores[kept] = scores[i];
      kept++;
    }
    return kept;
  }
  sortPairs(latents, scores, positive);
  return positive;
}

/// Scores that reach the thresholds, ascending by latent.
int keepReaching(const Engine& engine, const Request& request, int32_t* latents, float* scores, int n) {
  int kept = 0;
  for (int i = 0; i < n; i++) {
    const bool low = scores[i] < request.least || (request.useRowThreshold && scores[i] < engine.rowThreshold[latents[i]]);
    if (low || (request.least >= 0 && !(scores[i] > 0))) continue;
    latents[kept] = latents[i];
    scores[kept] = scores[i];
    kept++;
  }
  sortPairs(latents, scores, kept);
  return kept;
}

/// Exact scores of what may be among the k largest: the likeliest k of each token first, which rules out most others.
Status rescoreLargest(Engine& engine, const Tokens& tokens, int k, ScreenMemory& memory, int64_t& rescored) {
  Candidates& c = memory.candidates;
  const int nBlocks = (tokens.count + kBlock - 1) / kBlock;
  uint32_t* from = memory.from.data();
  uint32_t* until = memory.until.data();
  parallelFor(*engine.pool, nBlocks, [&](int block, int) {
    for (int i = block * kBlock; i < smaller((block + 1) * kBlock, tokens.count); i++) {
      from[i] = c.start[i];
      until[i] = c.start[i + 1];
      const int n = static_cast<int>(until[i] - from[i]);
      if (n <= k) continue;
      const float* upper = c.upper.data() + from[i];
      float least = upper[0];
      for (int j = 1; j < n; j++) least = smaller(least, upper[j]);
      until[i] = moveToFront(c, from[i], until[i], reachedBy(*engine.kernels, upper, n, k, least));
    }
  });
  Status status = rescore(engine, tokens, c, from, until, rescored);
  if (status != kOk) return status;
  for (int t = 0; t < engine.nScratch; t++) {
    size_t most = 1;
    for (int i = 0; i < tokens.count; i++) most = larger<size_t>(most, c.start[i + 1] - c.start[i]);
    if (!engine.scratch[t].scores.resize(most)) return kNoMemory;
  }
  parallelFor(*engine.pool, nBlocks, [&](int block, int thread) {
    float* copy = engine.scratch[thread].scores.data();
    for (int i = block * kBlock; i < smaller((block + 1) * kBlock, tokens.count); i++) {
      const int n = static_cast<int>(until[i] - from[i]);
      from[i] = until[i];
      if (until[i] == c.start[i + 1]) continue;
      for (int j = 0; j < n; j++) copy[j] = c.exact[c.start[i] + j];
      until[i] = moveToFront(c, from[i], c.start[i + 1], kthLargest(copy, n, k));
    }
  });
  return rescore(engine, tokens, c, from, until, rescored);
}

Status screen(Engine& engine, const Tokens& tokens, const Request& request, Receiver& receiver, ScreenCounts& counts) {
  ScreenMemory& memory = *engine.screenMemory;
  Candidates& c = memory.candidates;
  if (!packPanels(engine, tokens, request.level, memory.panels) || !memory.from.resize(tokens.count) ||
      !memory.until.resize(tokens.count)) {
    return kNoMemory;
  }
  Status status = collectCandidates(engine, tokens, request, memory.panels, c);
  if (status != kOk) return status;
  if (request.k > 0) {
    status = rescoreLargest(engine, tokens, request.k, memory, counts.rescored);
  } else {
    for (int i = 0; i < tokens.count; i++) memory.until[i] = c.start[i + 1];
    status = rescore(engine, tokens, c, c.start.data(), memory.until.data(), counts.rescored);
  }
  if (status != kOk) return status;
  parallelFor(*engine.pool, (tokens.count + kBlock - 1) / kBlock, [&](int block, int thread) {
    Scratch& s = engine.scratch[thread];
    for (int i = block * kBlock; i < smaller((block + 1) * kBlock, tokens.count); i++) {
      if (c.unproven[i] != 0) continue;
      int32_t* latents = c.latent.data() + c.start[i];
      float* scores = c.exact.data() + c.start[i];
      const int n = static_cast<int>(memory.until[i] - c.start[i]);
      const int kept = request.k > 0 ? keepLargest(latents, scores, s.scores.data(), n, request.k)
                                     : keepReaching(engine, request, latents, scores, n);
      receiver.receive(i, tokens.at(i), kept, latents, scores);
    }
  });
  return kOk;
}

/// Hands positions of the first request on, where a redo screens a part of its tokens.
class Renumbered final : public Receiver {
 public:
  Renumbered(Receiver& inner, const Array<int32_t>& positions) : inner_(inner), positions_(positions) {}
  void receive(int position, int token, int n, const int32_t* latents, const float* scores) override {
    inner_.receive(positions_[position], token, n, latents, scores);
  }

 private:
  Receiver& inner_;
  const Array<int32_t>& positions_;
};

/// Screens at the level asked for, and again in float32, with room for every latent, the tokens that were not proven.
Status screenAll(Engine& engine, const Tokens& tokens, const Request& request, Receiver& receiver,
                 ScreenCounts& counts) {
  const Status status = screen(engine, tokens, request, receiver, counts);
  if (status != kOk) return status;
  const Array<uint8_t>& unproven = engine.screenMemory->candidates.unproven;
  int n = 0;
  for (int i = 0; i < tokens.count; i++) n += unproven[i];
  if (n == 0) return kOk;
  counts.unproven += n;
  Array<int32_t> positions, numbers;
  if (!positions.resize(n) || !numbers.resize(n)) return kNoMemory;
  n = 0;
  for (int i = 0; i < tokens.count; i++) {
    if (unproven[i] == 0) continue;
    positions[n] = i;
    numbers[n++] = tokens.at(i);
  }
  Renumbered renumbered(receiver, positions);
  Request exact = request;
  exact.level = kF32;
  exact.roomForAll = true;
  return screen(engine, Tokens{n, numbers.data()}, exact, renumbered, counts);
}

}  // namespace

Status screenLargest(Engine& engine, const Tokens& tokens, int k, Level level, Receiver& receiver,
                     ScreenCounts& counts) {
  return screenAll(engine, tokens, Request{k, false, 0.0f, level, false}, receiver, counts);
}

Status screenAbove(Engine& engine, const Tokens& tokens, bool useRowThreshold, float least, Level level,
                   Receiver& receiver, ScreenCounts& counts) {
  return screenAll(engine, tokens, Request{0, useRowThreshold, least, level, false}, receiver, counts);
}

}  // namespace plumbline
