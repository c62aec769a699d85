#include "candidates.h"

#include <string.h>

namespace plumbline {
namespace {

constexpr float kInfinity = __builtin_inff();
/// Tokens of a task: their panels stay in the second-level cache while the encoder streams past.
constexpr int kGroupTokens = 128;

/// The lists of one task's tokens.
struct Block {
  Array<Candidate> items;
  Array<float> threshold, lower;
  Array<CandidateList> list;
};

/// What the callback of a full list sees.
struct Run {
  const Engine& engine;
  const EncoderCopy& copy;
  const Panels& panels;
  Block& block;
  int firstToken;
  int k;  ///< 0: nothing may be dropped
  int capacity;
};

/// An upper bound of how far an upper bound is above the score.
inline float spread(const Run& run, int slot, int latent) {
  return 2.0002f * (run.panels.error[slot] * run.copy.norm[latent] + run.panels.norm[slot] * run.copy.error[latent] +
                    run.engine.rowSlack[latent]);
}

/// Drops candidates that k others are proven to beat, and gives the list more room where many are left; where there is none,
/// gives the token up.
void prune(void* context, int position) {
  Run& run = *static_cast<Run*>(context);
  CandidateList& list = run.block.list[position];
  float& threshold = run.block.threshold[position];
  if (run.k > 0 && list.count >= run.k) {
    float* lower = run.block.lower.data();
    float least = kInfinity;
    for (int i = 0; i < list.count; i++) {
      lower[i] = list.items[i].upper - spread(run, run.firstToken + position, list.items[i].latent);
      least = smaller(least, lower[i]);
    }
    threshold = larger(threshold, reachedBy(*run.engine.kernels, lower, list.count, run.k, least));
  }
  int kept = 0;
  for (int i = 0; i < list.count; i++) {
    const Candidate item = list.items[i];
    list.items[kept] = item;
    kept += item.upper >= threshold ? 1 : 0;
  }
  list.count = kept;
  if (kept > list.limit / 2) list.limit = smaller(2 * list.limit, run.capacity);
  if (kept > list.limit - list.limit / 8) {
    threshold = kInfinity;
    list.count = -1;
  }
}

/// How a request is cut into tasks. Borders depend on sizes only, never on the number of threads.
struct Cut {
  int perGroup, nGroups, nChunks, chunkLatents, capacity;
  /// a list is pruned for the first time with this many: early, since what it learns spares the rest
  int firstLimit;
};

Cut cutFor(const Engine& engine, const Tokens& tokens, const Request& request) {
  Cut cut;
  cut.perGroup = static_cast<int>(roundUp(kGroupTokens, engine.kernels->panel));
  cut.nGroups = (tokens.count + cut.perGroup - 1) / cut.perGroup;
  // Where there are few tokens, latents are cut too, so that all threads have work.
  cut.nChunks = cut.nGroups >= 8 ? 1 : (16 + cut.nGroups - 1) / cut.nGroups;
  cut.chunkLatents = static_cast<int>(roundUp((engine.latents + cut.nChunks - 1) / cut.nChunks, kLatentUnit));
  const int64_t everything = smaller(cut.chunkLatents, engine.latents) + engine.kernels->tile[request.level];
  // Bounds of int8 leave about ten times k (measured on random rows, dIn 768); a list is pruned whenever it is full.
  const int64_t usual = larger<int64_t>(512, (request.level == kI8 ? 32 : 16) * static_cast<int64_t>(request.k));
  const bool bounded = request.k > 0 && !request.roomForAll;
  cut.capacity = static_cast<int>(bounded ? smaller(usual, everything) : everything);
  cut.firstLimit = bounded ? smaller(cut.capacity, larger(256, 4 * request.k)) : cut.capacity;
  return cut;
}

ScreenTask taskFor(const Engine& e, const Request& request, const EncoderCopy& copy, const Panels& panels, Block& block,
                   const Cut& cut, int first, int chunk) {
  ScreenTask task = {};
  const int panel = e.kernels->panel;
  task.panelBytes = panels.panelBytes;
  task.panels = panels.bytes.data() + panels.panelBytes * (first / panel);
  task.nPanels = smaller(cut.perGroup, panels.padded - first) / panel;
  task.rows = request.level == kF32 ? reinterpret_cast<const uint8_t*>(e.encoder()) : copy.rows.data();
  task.rowBytes = copy.rowBytes;
  task.nSteps = copy.nSteps;
  task.firstLatent = chunk * cut.chunkLatents;
  task.lastLatent = smaller((chunk + 1) * cut.chunkLatents, e.latents);
  task.rowScale = copy.scale.data();
  task.rowBias = e.rowBias.data();
  task.rowNorm = copy.norm.data();
  task.rowError = copy.error.data();
  task.rowThreshold = request.useRowThreshold ? e.rowThreshold.data() : nullptr;
  task.rowOffset = copy.offset.data();
  task.tokenScale = panels.scale.data() + first;
  task.tokenError = panels.error.data() + first;
  task.tokenNorm = panels.norm.data() + first;
  task.tokenThreshold = block.threshold.data();
  task.nOutliers = panels.nOutliers;
  task.outlierDims = panels.outlierDims;
  task.outlierX = panels.outlierX.data() + static_cast<size_t>(first) * panels.nOutliers;
  task.encoder = e.encoder();
  task.encoderStride = e.width;
  task.rowRank = e.rank.data();
  task.lists = block.list.data();
  task.full = prune;
  return task;
}

/// Screens one group of tokens against one chunk of latents.
void fillBlock(const Engine& engine, const Tokens& tokens, const Request& request, const Panels& panels, const Cut& cut,
               int group, int chunk, Block& block) {
  const EncoderCopy& copy = engine.copies[request.level == kF32 ? 1 : 0];
  const int first = group * cut.perGroup;
  for (size_t i = 0; i < block.list.size(); i++) {
    block.list[i] = CandidateList{block.items.data() + i * cut.capacity, 0, cut.firstLimit};
    block.threshold[i] = first + static_cast<int>(i) < tokens.count ? request.least : kInfinity;
  }
  Run run{engine, copy, panels, block, first, request.k, cut.capacity};
  ScreenTask task = taskFor(engine, request, copy, panels, block, cut, first, chunk);
  task.context = &run;
  if (task.firstLatent < task.lastLatent) engine.kernels->screen[request.level](task);
}

/// What a token's chunks kept, less what a chunk's last threshold rules out; −1 where one overflowed.
int joinLists(const Block* blocks, int nChunks, int position, PairList& out) {
  out.clear();
  for (int chunk = 0; chunk < nChunks; chunk++) {
    const CandidateList& list = blocks[chunk].list[position];
    if (list.count < 0) return -1;
    const float threshold = blocks[chunk].threshold[position];
    if (!out.reserve(list.count)) return 0;
    size_t at = out.size;
    for (int i = 0; i < list.count; i++) {
      out.latent[at] = list.items[i].latent;
      out.value[at] = list.items[i].upper;
      at += list.items[i].upper >= threshold ? 1 : 0;
    }
    out.size = at;
  }
  return static_cast<int>(out.size);
}

}  // namespace

float reachedBy(const Kernels& kernels, const float* values, int n, int k, float least) {
  float low = least, high = least;
  for (int i = 0; i < n; i++) high = larger(high, values[i]);
  for (int i = 0; i < 20; i++) {
    const float middle = low + 0.5f * (high - low);
    if (!(middle > low && middle < high)) break;
    const int count = kernels.countAtLeast(values, n, middle);
    if (count >= k) {
      low = middle;
      if (count == k) break;
    } else {
      high = middle;
    }
  }
  return low;
}

/// Blocks and lists that live as long as the engine: a step should not ask the system for memory.
struct CandidateMemory {
  Block* blocks = nullptr;
  int nBlocks = 0;
  PairList* lists = nullptr;
  int nLists = 0;
  ~CandidateMemory() {
    delete[] blocks;
    delete[] lists;
  }
};

CandidateMemory* createCandidateMemory() { return new CandidateMemory; }
void destroyCandidateMemory(CandidateMemory* memory) { delete memory; }

namespace {

bool reserve(CandidateMemory& memory, int nBlocks, int nTokens, int listed, int capacity) {
  if (nBlocks > memory.nBlocks) {
    delete[] memory.blocks;
    memory.blocks = new Block[nBlocks];
    memory.nBlocks = memory.blocks == nullptr ? 0 : nBlocks;
  }
  if (nTokens > memory.nLists) {
    delete[] memory.lists;
    memory.lists = new PairList[nTokens];
    memory.nLists = memory.lists == nullptr ? 0 : nTokens;
  }
  const size_t room = static_cast<size_t>(capacity) * listed;
  bool enough = nBlocks <= memory.nBlocks && nTokens <= memory.nLists;
  for (int i = 0; i < nBlocks && enough; i++) {
    Block& block = memory.blocks[i];
    enough = block.items.resize(room) && block.lower.resize(capacity) &&
             block.threshold.resize(listed) && block.list.resize(listed);
  }
  return enough;
}

}  // namespace

Status collectCandidates(Engine& engine, const Tokens& tokens, const Request& request, const Panels& panels,
                         Candidates& out) {
  const Cut cut = cutFor(engine, tokens, request);
  CandidateMemory& memory = *engine.candidateMemory;
  // A thread's own block where a task sees all latents of its tokens, else one a task.
  const int nBlocks = cut.nChunks == 1 ? engine.nScratch : cut.nGroups * cut.nChunks;
  if (!reserve(memory, nBlocks, tokens.count, smaller(cut.perGroup, panels.padded), cut.capacity) ||
      !out.start.resize(tokens.count + 1) || !out.unproven.resize(tokens.count)) {
    return kNoMemory;
  }
  const auto join = [&](int group, const Block* blocks) {
    const int first = group * cut.perGroup;
    for (int i = 0; i < smaller(cut.perGroup, tokens.count - first); i++) {
      const int n = joinLists(blocks, cut.nChunks, i, memory.lists[first + i]);
      out.unproven[first + i] = n < 0 ? 1 : 0;
      out.start[first + i + 1] = static_cast<uint32_t>(n < 0 ? 0 : n);
    }
  };
  if (cut.nChunks == 1) {
    parallelFor(*engine.pool, cut.nGroups, [&](int group, int thread) {
      fillBlock(engine, tokens, request, panels, cut, group, 0, memory.blocks[thread]);
      join(group, memory.blocks + thread);
    });
  } else {
    parallelFor(*engine.pool, cut.nGroups * cut.nChunks, [&](int task, int) {
      fillBlock(engine, tokens, request, panels, cut, task / cut.nChunks, task % cut.nChunks, memory.blocks[task]);
    });
    parallelFor(*engine.pool, cut.nGroups, [&](int group, int) { join(group, memory.blocks + group * cut.nChunks); });
  }
  out.start[0] = 0;
  for (int i = 0; i < tokens.count; i++) {
    if (memory.lists[i].lost) return kNoMemory;
    out.start[i + 1] += out.start[i];
  }
  const size_t total = out.start[tokens.count];
  if (!out.latent.resize(total) || !out.upper.resize(total) || !out.exact.resize(total)) return kNoMemory;
  parallelFor(*engine.pool, cut.nGroups, [&](int group, int) {
    for (int i = group * cut.perGroup; i < smaller((group + 1) * cut.perGroup, tokens.count); i++) {
      const size_t n = out.start[i + 1] - out.start[i];
      if (n == 0) continue;
      memcpy(out.latent.data() + out.start[i], memory.lists[i].latent, n * sizeof(int32_t));
      memcpy(out.upper.data() + out.start[i], memory.lists[i].value, n * sizeof(float));
    }
  });
  return kOk;
}

Status rescore(Engine& engine, const Tokens& tokens, Candidates& candidates, const uint32_t* from, const uint32_t* until,
               int64_t& counted) {
  constexpr int kBlock = 64;
  const int dSae = engine.config.dSae, width = engine.width;
  RescoreMemory& memory = engine.rescoring;
  size_t total = 0, most = 0;
  if (!memory.start.resize(static_cast<size_t>(dSae) + 1)) return kNoMemory;
  uint32_t* start = memory.start.data();
  memset(start, 0, (static_cast<size_t>(dSae) + 1) * sizeof(uint32_t));
  for (int i = 0; i < tokens.count; i++) {
    for (uint32_t j = from[i]; j < until[i]; j++) start[candidates.latent[j] + 1]++;
    total += until[i] - from[i];
  }
  for (int f = 0; f < dSae; f++) {
    most = larger<size_t>(most, start[f + 1]);
    start[f + 1] += start[f];
  }
  if (!memory.token.resize(total) || !memory.slot.resize(total)) return kNoMemory;
  for (int t = 0; t < engine.nScratch; t++) {
    if (!engine.scratch[t].exact.resize(most)) return kNoMemory;
  }
  for (int i = 0; i < tokens.count; i++) {
    const int32_t token = tokens.at(i);
    for (uint32_t j = from[i]; j < until[i]; j++) {
      const uint32_t at = start[candidates.latent[j]]++;
      memory.token[at] = token;
      memory.slot[at] = j;
    }
  }
  const float* bias = engine.parameter[kEncoderBias].value.data();
  parallelFor(*engine.pool, (dSae + kBlock - 1) / kBlock, [&](int block, int thread) {
    float* scores = engine.scratch[thread].exact.data();
    for (int f = block * kBlock; f < smaller((block + 1) * kBlock, dSae); f++) {
      // Filling moved every start to its end.
      const uint32_t first = f == 0 ? 0 : start[f - 1], n = start[f] - first;
      if (n == 0) continue;
      engine.kernels->dotRows(engine.row(engine.encoder(), f), engine.centered.data(), width, memory.token.data() + first,
                              static_cast<int>(n), width, scores);
      for (uint32_t i = 0; i < n; i++) candidates.exact[memory.slot[first + i]] = (scores[i] + bias[f]) * engine.rank[f];
    }
  });
  counted += static_cast<int64_t>(total);
  return kOk;
}

}  // namespace plumbline
