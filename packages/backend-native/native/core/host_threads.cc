// Memory and threads from the C++ library: the Node addon and the core's own tests.
#include <stdlib.h>
#include <string.h>

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <new>
#include <thread>
#include <vector>

#include "pool.h"

namespace plumbline {
namespace {

constexpr size_t kAlignment = 64;

/// Threads that sleep between loops. The caller works along as thread 0.
class ThreadPool final : public Pool {
 public:
  explicit ThreadPool(int nThreads) {
    for (int i = 1; i < nThreads; i++) workers_.emplace_back([this, i] { work(i); });
  }
  ~ThreadPool() override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      closing_ = true;
    }
    start_.notify_all();
    for (std::thread& worker : workers_) worker.join();
  }

  int threads() const override { return static_cast<int>(workers_.size()) + 1; }

  void run(int nTasks, Task task, const void* context) override {
    if (workers_.empty() || nTasks <= 1) {
      for (int i = 0; i < nTasks; i++) task(context, i, 0);
      return;
    }
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      task_ = task;
      context_ = context;
      nTasks_ = nTasks;
      next_.store(0, std::memory_order_relaxed);
      busy_ = static_cast<int>(workers_.size());
      round_++;
    }
    start_.notify_all();
    drain(0);
    std::unique_lock<std::mutex> lock(mutex_);
    done_.wait(lock, [this] { return busy_ == 0; });
  }

 private:
  void drain(int thread) {
    for (int i = next_.fetch_add(1); i < nTasks_; i = next_.fetch_add(1)) task_(context_, i, thread);
  }
  void work(int thread) {
    uint64_t seen = 0;
    for (;;) {
      {
        std::unique_lock<std::mutex> lock(mutex_);
        start_.wait(lock, [&] { return closing_ || round_ != seen; });
        if (closing_) return;
        seen = round_;
      }
      drain(thread);
      const std::lock_guard<std::mutex> lock(mutex_);
      if (--busy_ == 0) done_.notify_one();
    }
  }

  std::vector<std::thread> workers_;
  std::mutex mutex_;
  std::condition_variable start_, done_;
  std::atomic<int> next_{0};
  Task task_ = nullptr;
  const void* context_ = nullptr;
  int nTasks_ = 0, busy_ = 0;
  uint64_t round_ = 0;
  bool closing_ = false;
};

}  // namespace

// calloc, and the border by hand: large blocks come as untouched zero pages, which aligned allocation would not promise.
void* allocate(size_t bytes) {
  char* block = static_cast<char*>(calloc(bytes + kAlignment + sizeof(void*), 1));
  if (block == nullptr) return nullptr;
  char* aligned = block + sizeof(void*);
  aligned += (kAlignment - reinterpret_cast<uintptr_t>(aligned) % kAlignment) % kAlignment;
  memcpy(aligned - sizeof(void*), &block, sizeof(void*));
  return aligned;
}

void release(void* memory) {
  if (memory == nullptr) return;
  char* block;
  memcpy(&block, static_cast<char*>(memory) - sizeof(void*), sizeof(void*));
  free(block);
}

Pool* createPool(int nThreads) { return new (std::nothrow) ThreadPool(nThreads < 1 ? 1 : nThreads); }

}  // namespace plumbline
