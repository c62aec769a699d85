#include <string.h>

#include "numbers.h"
#include "step.h"

namespace plumbline {

TokenLists* createTokenLists() { return new TokenLists; }
void destroyTokenLists(TokenLists* lists) { delete lists; }

bool TokenLists::resize(int nTokens) {
  if (nTokens > capacity_) {
    delete[] lists_;
    lists_ = new PairList[nTokens];
    capacity_ = nTokens;
  }
  for (int i = 0; i < nTokens; i++) lists_[i].clear();
  size_ = nTokens;
  return lists_ != nullptr;
}

void TokenLists::receive(int position, int, int n, const int32_t* latents, const float* scores) {
  PairList& list = lists_[position];
  list.clear();
  if (n == 0 || !list.reserve(n)) return;
  memcpy(list.latent, latents, n * sizeof(int32_t));
  memcpy(list.value, scores, n * sizeof(float));
  list.size = n;
}

bool TokenLists::join(Pairs& pairs) const {
  if (!pairs.tokenStart.resize(static_cast<size_t>(size_) + 1)) return false;
  size_t total = 0;
  for (int i = 0; i < size_; i++) {
    if (lists_[i].lost) return false;
    pairs.tokenStart[i] = static_cast<uint32_t>(total);
    total += lists_[i].size;
  }
  pairs.tokenStart[size_] = static_cast<uint32_t>(total);
  if (!pairs.latent.resize(total) || !pairs.value.resize(total)) return false;
  for (int i = 0; i < size_; i++) {
    if (lists_[i].size == 0) continue;
    memcpy(pairs.latent.data() + pairs.tokenStart[i], lists_[i].latent, lists_[i].size * sizeof(int32_t));
    memcpy(pairs.value.data() + pairs.tokenStart[i], lists_[i].value, lists_[i].size * sizeof(float));
  }
  return true;
}

int loadBatch(Engine& e, const float* batch, int nTokens) {
  constexpr int kBlock = 64;
  const int dIn = e.config.dIn, width = e.width;
  const size_t size = static_cast<size_t>(nTokens) * width;
  Array<int32_t> bad;
  const int nBlocks = (nTokens + kBlock - 1) / kBlock;
  if (!e.x.resize(size) || !e.centered.resize(size) || !bad.resize(nBlocks)) return -2;
  e.nTokens = nTokens;
  const float* center = e.config.subtractDecoderBias ? e.parameter[kDecoderBias].value.data() : e.zeroRow.data();
  parallelFor(*e.pool, nBlocks, [&](int block, int) {
    bad[block] = -1;
    for (int b = block * kBlock; b < smaller((block + 1) * kBlock, nTokens); b++) {
      float* row = e.row(e.x.data(), b);
      memcpy(row, batch + static_cast<size_t>(b) * dIn, dIn * sizeof(float));
      for (int d = dIn; d < width; d++) row[d] = 0;
      // Anything times zero is zero, but for infinities and NaN.
      float probe = 0;
      for (int d = 0; d < dIn; d++) probe += row[d] * 0.0f;
      if (!(probe == 0.0f) && bad[block] < 0) bad[block] = b;
      e.kernels->subtract(row, center, e.row(e.centered.data(), b), width);
    }
  });
  for (int block = 0; block < nBlocks; block++) {
    if (bad[block] >= 0) return bad[block];
  }
  return -1;
}

bool sortByLatent(Pairs& pairs, int dSae) {
  const size_t n = pairs.count();
  if (!pairs.latentStart.resize(static_cast<size_t>(dSae) + 1) || !pairs.token.resize(n) || !pairs.source.resize(n)) {
    return false;
  }
  uint32_t* start = pairs.latentStart.data();
  memset(start, 0, (static_cast<size_t>(dSae) + 1) * sizeof(uint32_t));
  for (size_t i = 0; i < n; i++) start[pairs.latent[i] + 1]++;
  for (int f = 0; f < dSae; f++) start[f + 1] += start[f];
  const size_t nTokens = pairs.tokenStart.size() - 1;
  // Filled by token, so that a latent's tokens ascend; the starts move along and are put back below.
  for (size_t b = 0; b < nTokens; b++) {
    for (uint32_t i = pairs.tokenStart[b]; i < pairs.tokenStart[b + 1]; i++) {
      const uint32_t at = start[pairs.latent[i]]++;
      pairs.token[at] = static_cast<int32_t>(b);
      pairs.source[at] = i;
    }
  }
  for (int f = dSae; f > 0; f--) start[f] = start[f - 1];
  start[0] = 0;
  return true;
}

namespace {

/// Tokens spread evenly over the batch, from which the whole is estimated.
bool pilotTokens(int nTokens, int most, Array<int32_t>& numbers) {
  const int n = smaller(nTokens, most);
  if (!numbers.resize(n)) return false;
  for (int i = 0; i < n; i++) numbers[i] = static_cast<int32_t>(static_cast<int64_t>(i) * nTokens / n);
  return true;
}

/// Keeps the n largest scores of a batch, ties to the earlier token, then the lower latent. False where there are fewer.
bool keepLargestOfBatch(TokenLists& lists, int nTokens, size_t n, bool complete, Array<float>& scores, bool& memory) {
  size_t total = 0;
  for (int b = 0; b < nTokens; b++) total += lists[b].size;
  if (total < n) return complete;
  memory = scores.resize(total);
  if (!memory) return false;
  size_t at = 0;
  for (int b = 0; b < nTokens; b++) {
    if (lists[b].size > 0) memcpy(scores.data() + at, lists[b].value, lists[b].size * sizeof(float));
    at += lists[b].size;
  }
  const float limit = kthLargest(scores.data(), total, n);
  size_t above = 0;
  for (size_t i = 0; i < total; i++) above += scores[i] > limit ? 1 : 0;
  size_t ties = n - above;
  for (int b = 0; b < nTokens; b++) {
    PairList& list = lists[b];
    size_t kept = 0;
    for (size_t i = 0; i < list.size; i++) {
      const bool isTie = list.value[i] == limit;
      if (!(list.value[i] > limit) && !(isTie && ties > 0)) continue;
      if (isTie) ties--;
      list.latent[kept] = list.latent[i];
      list.value[kept] = list.value[i];
      kept++;
    }
    list.size = kept;
  }
  return true;
}

/// Tokens in a pilot: enough for a threshold that is off by a few per cent, few enough to cost little.
constexpr int kPilot = 64;

Status selectOfBatch(Step& step, TokenLists& lists, ScreenCounts& counts) {
  Engine& e = step.engine;
  const int nTokens = step.nTokens, dSae = e.config.dSae;
  const double wanted = step.controls.k * nTokens;
  const size_t n = wanted < 1 ? 1 : static_cast<size_t>(wanted);
  Array<float> scores;
  bool memory = true;
  Array<int32_t> numbers;
  if (!pilotTokens(nTokens, kPilot, numbers)) return kNoMemory;
  const int nPilot = static_cast<int>(numbers.size());
  const bool whole = nPilot == nTokens;
  // No token can keep more than the whole batch does; in a sample, one that keeps many times the mean is cut short.
  const double most = whole ? static_cast<double>(n) : 8 * step.controls.k + 8;
  const int perToken = static_cast<int>(smaller<double>(most, dSae));
  Status status = screenLargest(e, Tokens{nPilot, numbers.data()}, perToken, e.config.level, lists, counts);
  if (status != kOk) return status;
  if (whole) {
    keepLargestOfBatch(lists, nTokens, n, true, scores, memory);
    return memory ? kOk : kNoMemory;
  }
  float least = 0;
  size_t total = 0;
  for (int i = 0; i < nPilot; i++) total += lists[i].size;
  const size_t share = static_cast<size_t>(1.15 * step.controls.k * nPilot) + 1;
  if (total > share) {
    if (!scores.resize(total)) return kNoMemory;
    size_t at = 0;
    for (int i = 0; i < nPilot; i++) {
      for (size_t j = 0; j < lists[i].size; j++) scores[at++] = lists[i].value[j];
    }
    least = kthLargest(scores.data(), total, share);
  }
  for (;;) {
    for (int b = 0; b < nTokens; b++) lists[b].clear();
    status = screenAbove(e, Tokens{nTokens, nullptr}, false, least, e.config.level, lists, counts);
    if (status != kOk) return status;
    if (keepLargestOfBatch(lists, nTokens, n, !(least > 0), scores, memory)) break;
    if (!memory) return kNoMemory;
    least = least > 1e-30f ? 0.6f * least : 0;
  }
  // Scores of exactly 0 would be latents of 0.
  return memory ? kOk : kNoMemory;
}

}  // namespace

Status selectForTraining(Step& step) {
  Engine& e = step.engine;
  const Config& c = e.config;
  TokenLists& lists = *e.lists;
  ScreenCounts counts;
  if (!lists.resize(step.nTokens)) return kNoMemory;
  const Tokens all{step.nTokens, nullptr};
  Status status = kOk;
  switch (c.family) {
    case kTopK:
      status = screenLargest(e, all, static_cast<int>(step.controls.k), c.level, lists, counts);
      break;
    case kBatchTopK:
      status = selectOfBatch(step, lists, counts);
      break;
    case kRelu:
      status = screenAbove(e, all, false, 0.0f, c.level, lists, counts);
      break;
    case kJumpRelu: {
      // Latents that fire, and those in the band in which thresholds get a gradient.
      const float half = static_cast<float>(c.bandwidth / 2);
      for (int f = 0; f < c.dSae; f++) e.rowThreshold[f] = e.theta[f] - half - 1e-6f * (half + (e.theta[f] < 0 ? -e.theta[f] : e.theta[f]));
      status = screenAbove(e, all, true, -__builtin_inff(), c.level, lists, counts);
      break;
    }
    default:
      status = kNotTrainable;
  }
  step.report.unprovenRows += counts.unproven;
  step.report.redoneRows += counts.unproven;
  step.report.rescoredLatents = static_cast<double>(counts.rescored) / step.nTokens;
  if (status != kOk) return status;
  return lists.join(e.pairs) ? kOk : kNoMemory;
}

bool prefersDense(Step& step, Status& status) {
  Engine& e = step.engine;
  const Config& c = e.config;
  status = kOk;
  if (c.family != kRelu && c.family != kJumpRelu) return false;
  // A pair costs about eight times its share of the dense products (measured at dIn 768).
  constexpr double kBreakEven = 0.12;
  constexpr int kSample = 32;
  Array<int32_t> numbers;
  TokenLists& lists = *e.lists;
  ScreenCounts counts;
  if (!pilotTokens(step.nTokens, kSample, numbers) || !lists.resize(kSample)) {
    status = kNoMemory;
    return false;
  }
  const int n = static_cast<int>(numbers.size());
  const bool jump = c.family == kJumpRelu;
  if (jump) {
    for (int f = 0; f < c.dSae; f++) e.rowThreshold[f] = e.theta[f] - static_cast<float>(c.bandwidth / 2);
  }
  const float least = jump ? -__builtin_inff() : 0.0f;
  status = screenAbove(e, Tokens{n, numbers.data()}, jump, least, c.level, lists, counts);
  if (status != kOk) return false;
  double total = 0;
  for (int i = 0; i < n; i++) total += static_cast<double>(lists[i].size);
  return total > kBreakEven * n * c.dSae;
}

}  // namespace plumbline
