// The core's functions as WebAssembly exports. Arrays are handed over as addresses that `allocateBytes` gave.
#include "../core/api.h"

#define PL_EXPORT(name) extern "C" __attribute__((export_name(name)))

namespace plumbline {
void helpPool(Pool* pool, int thread);
}

using namespace plumbline;

PL_EXPORT("allocateBytes") void* allocateBytes(size_t bytes) { return allocate(bytes); }
PL_EXPORT("releaseBytes") void releaseBytes(void* memory) { release(memory); }

/// The level that stands for `auto`.
PL_EXPORT("automaticLevel") int levelForAuto() { return automaticLevel(*chooseKernels(nullptr)); }

PL_EXPORT("createPool") Pool* makePool(int nThreads) { return createPool(nThreads); }
/// A helper thread's life; never returns.
PL_EXPORT("helpPool") void help(Pool* pool, int thread) { helpPool(pool, thread); }

/// An engine; null where memory ran out or the numbers describe none.
PL_EXPORT("createEngine") Engine* create(const double* fields, int count, Pool* pool) {
  const Kernels* kernels = chooseKernels(nullptr);
  Config config = {};
  if (!readConfig(fields, count, config) || kernels->screen[config.level] == nullptr) return nullptr;
  Engine* engine = new Engine(config, kernels, pool);
  if (engine != nullptr && !allocateEngine(*engine)) {
    delete engine;
    return nullptr;
  }
  return engine;
}

PL_EXPORT("arraySize") size_t sizeOfArray(const Engine* engine, int id) { return arraySize(*engine, id); }
PL_EXPORT("writeArray") int writeOne(Engine* engine, int id, const void* data, size_t count) {
  return writeArray(*engine, id, data, count) ? 1 : 0;
}
PL_EXPORT("readArray") int readOne(const Engine* engine, int id, void* data, size_t count) {
  return readArray(*engine, id, data, count) ? 1 : 0;
}
PL_EXPORT("writeCounters") void setCounters(Engine* engine, const double* counters) {
  writeCounters(*engine, counters);
  refreshAll(*engine);
}
PL_EXPORT("readCounters") void getCounters(const Engine* engine, double* counters) { readCounters(*engine, counters); }

PL_EXPORT("step")
int step(Engine* engine, const float* batch, int nTokens, const double* controls, const float* target, Report* report) {
  return trainStep(*engine, batch, nTokens, readControls(controls, target), *report);
}
/// The latents are in the engine afterwards: `pairStarts`, `pairLatents`, `pairValues`.
PL_EXPORT("encode") int encode(Engine* engine, const float* batch, int nTokens, Report* report) {
  return encodeBatch(*engine, batch, nTokens, *report);
}
PL_EXPORT("pairStarts") const void* pairStarts(const Engine* engine) { return engine->pairs.tokenStart.data(); }
PL_EXPORT("pairLatents") const void* pairLatents(const Engine* engine) { return engine->pairs.latent.data(); }
PL_EXPORT("pairValues") const void* pairValues(const Engine* engine) { return engine->pairs.value.data(); }
PL_EXPORT("decode")
int decode(Engine* engine, int nTokens, const uint32_t* starts, const uint32_t* indices, const float* values, float* out) {
  return decodeBatch(*engine, nTokens, starts, indices, values, out);
}
