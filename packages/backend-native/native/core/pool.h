// Parallel loops. Work is cut into numbered tasks whose borders never depend on the number of threads; results are
// combined in task order. That is why any number of threads gives the same bytes.
#pragma once
#include "platform.h"

namespace plumbline {

class Pool {
 public:
  using Task = void (*)(const void* context, int task, int thread);

  virtual ~Pool() = default;
  virtual int threads() const = 0;
  /// Runs tasks 0 … n − 1, each once, on any thread; returns when all are done.
  virtual void run(int nTasks, Task task, const void* context) = 0;
};

/// `nThreads` counts the calling thread. Null where threads cannot be started.
Pool* createPool(int nThreads);

template <class Work>
void parallelFor(Pool& pool, int nTasks, const Work& work) {
  pool.run(
      nTasks,
      [](const void* context, int task, int thread) { (*static_cast<const Work*>(context))(task, thread); },
      &work);
}

}  // namespace plumbline
