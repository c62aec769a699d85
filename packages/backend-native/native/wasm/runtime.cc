// Memory and threads for WebAssembly, where there is no C library. One module instance a thread over one shared memory; the
// host starts the threads, they wait here for loops.
#include <stddef.h>

#include "../core/pool.h"

extern "C" {
void* memcpy(void* to, const void* from, size_t n) { return __builtin_memcpy(to, from, n); }
void* memmove(void* to, const void* from, size_t n) { return __builtin_memmove(to, from, n); }
void* memset(void* to, int value, size_t n) { return __builtin_memset(to, value, n); }
extern unsigned char __heap_base;
void __cxa_pure_virtual() { __builtin_trap(); }
int __cxa_atexit(void (*)(void*), void*, void*) { return 0; }
}

namespace plumbline {
namespace {

constexpr size_t kPage = 65536;
constexpr size_t kHeader = 64;
/// Freed blocks by the power of two that they hold: sizes repeat from step to step, so nothing cleverer is needed.
constexpr int kClasses = 32;

struct FreeBlock {
  FreeBlock* next;
};

FreeBlock* freeBlocks[kClasses];
size_t heapEnd = 0;
int heapLock = 0;

void lockHeap() {
  while (__atomic_exchange_n(&heapLock, 1, __ATOMIC_ACQUIRE) != 0) {
  }
}
void unlockHeap() { __atomic_store_n(&heapLock, 0, __ATOMIC_RELEASE); }

int classOf(size_t bytes) {
  int result = 7;
  while ((static_cast<size_t>(1) << result) < bytes) result++;
  return result;
}

/// Large blocks take what they ask for, in steps of an eighth of their power of two.
size_t roomFor(size_t bytes, int sizeClass) {
  const size_t step = sizeClass < 16 ? static_cast<size_t>(1) << sizeClass : static_cast<size_t>(1) << (sizeClass - 4);
  return roundUp(bytes, step);
}

struct Header {
  size_t room;
  int sizeClass;
};

Header* headerOf(void* memory) { return reinterpret_cast<Header*>(static_cast<char*>(memory) - kHeader); }

/// A block that was freed and is large enough, taken out of its list.
char* reuse(int sizeClass, size_t room) {
  for (FreeBlock** at = &freeBlocks[sizeClass]; *at != nullptr; at = &(*at)->next) {
    if (headerOf(*at)->room < room) continue;
    char* block = reinterpret_cast<char*>(*at);
    *at = (*at)->next;
    return block;
  }
  return nullptr;
}

char* extend(size_t room) {
  if (heapEnd == 0) heapEnd = roundUp(reinterpret_cast<size_t>(&__heap_base), kHeader);
  const size_t end = heapEnd + kHeader + room;
  if (end < heapEnd) return nullptr;
  const size_t pages = (end + kPage - 1) / kPage, have = __builtin_wasm_memory_size(0);
  if (pages > have && __builtin_wasm_memory_grow(0, pages - have) == static_cast<size_t>(-1)) return nullptr;
  char* block = reinterpret_cast<char*>(heapEnd + kHeader);
  heapEnd = roundUp(end, kHeader);
  return block;
}

}  // namespace

void* allocate(size_t bytes) {
  if (bytes > 0xf0000000u) return nullptr;
  const int sizeClass = classOf(bytes);
  const size_t room = roomFor(bytes, sizeClass);
  lockHeap();
  char* block = reuse(sizeClass, room);
  const bool isNew = block == nullptr;
  if (isNew) block = extend(room);
  if (block != nullptr && isNew) *headerOf(block) = Header{room, sizeClass};
  unlockHeap();
  if (block != nullptr && !isNew) __builtin_memset(block, 0, bytes);
  return block;
}

void release(void* memory) {
  if (memory == nullptr) return;
  lockHeap();
  FreeBlock* block = static_cast<FreeBlock*>(memory);
  FreeBlock*& list = freeBlocks[headerOf(memory)->sizeClass];
  block->next = list;
  list = block;
  unlockHeap();
}

/// The shared half of a pool: what its threads see.
class SharedPool final : public Pool {
 public:
  explicit SharedPool(int nThreads) : nThreads_(nThreads) {}
  int threads() const override { return nThreads_; }

  void run(int nTasks, Task task, const void* context) override {
    if (nThreads_ == 1 || nTasks <= 1) {
      for (int i = 0; i < nTasks; i++) task(context, i, 0);
      return;
    }
    task_ = task;
    context_ = context;
    nTasks_ = nTasks;
    __atomic_store_n(&next_, 0, __ATOMIC_SEQ_CST);
    __atomic_store_n(&busy_, nThreads_ - 1, __ATOMIC_SEQ_CST);
    __atomic_add_fetch(&round_, 1, __ATOMIC_SEQ_CST);
    wake(&round_, nThreads_);
    drain(0);
    for (int busy = __atomic_load_n(&busy_, __ATOMIC_SEQ_CST); busy != 0; busy = __atomic_load_n(&busy_, __ATOMIC_SEQ_CST)) {
      sleep(&busy_, busy);
    }
  }

  /// The life of a helper thread; it ends with its host.
  void help(int thread) {
    int seen = 0;
    for (;;) {
      sleep(&round_, seen);
      const int round = __atomic_load_n(&round_, __ATOMIC_SEQ_CST);
      if (round == seen) continue;
      seen = round;
      drain(thread);
      if (__atomic_sub_fetch(&busy_, 1, __ATOMIC_SEQ_CST) == 0) wake(&busy_, 1);
    }
  }

 private:
  void drain(int thread) {
    for (int i = __atomic_fetch_add(&next_, 1, __ATOMIC_SEQ_CST); i < nTasks_;
         i = __atomic_fetch_add(&next_, 1, __ATOMIC_SEQ_CST)) {
      task_(context_, i, thread);
    }
  }
#if defined(__wasm_atomics__)
  static void sleep(int* word, int value) { __builtin_wasm_memory_atomic_wait32(word, value, -1); }
  static void wake(int* word, int count) { __builtin_wasm_memory_atomic_notify(word, count); }
#else
  static void sleep(int*, int) {}
  static void wake(int*, int) {}
#endif

  int nThreads_;
  Task task_ = nullptr;
  const void* context_ = nullptr;
  int nTasks_ = 0, next_ = 0, busy_ = 0, round_ = 0;
};

Pool* createPool(int nThreads) { return new SharedPool(nThreads < 1 ? 1 : nThreads); }
void helpPool(Pool* pool, int thread) { static_cast<SharedPool*>(pool)->help(thread); }

}  // namespace plumbline

void* operator new(size_t bytes) { return plumbline::allocate(bytes); }
void* operator new[](size_t bytes) { return plumbline::allocate(bytes); }
void operator delete(void* memory) noexcept { plumbline::release(memory); }
void operator delete[](void* memory) noexcept { plumbline::release(memory); }
void operator delete(void* memory, size_t) noexcept { plumbline::release(memory); }
void operator delete[](void* memory, size_t) noexcept { plumbline::release(memory); }
