// Kernels of the tfjs backend: plain float32 arrays in and out. Work is cut by shape alone, sums have one order, so results
// do not depend on the number of threads. Outputs never overlap inputs. False means that memory ran out or an index was
// outside; nothing is promised about the output then.
#pragma once
#include <memory>

#include "../core/kernels.h"
#include "../core/pool.h"

namespace plumbline::tensor {

/// Values that one task of an element-wise loop or a sum works on: a few of them fit a core's second cache.
constexpr size_t kChunk = 32768;

/// What one thread needs on the way; kept from call to call.
struct TensorScratch {
  Array<float> packA, packB, partial;
};

/// What tensor kernels run on.
struct Device {
  const Kernels* kernels = nullptr;
  std::unique_ptr<Pool> pool;
  std::unique_ptr<TensorScratch[]> scratch;
  /// a block of a matrix, packed once for all threads
  Array<float> shared;
};

inline size_t parts(size_t n, size_t size) { return (n + size - 1) / size; }

/// `work(first, count)` over fixed pieces of 0 … n − 1.
template <class Work>
void inPieces(Device& device, size_t n, size_t size, const Work& work) {
  parallelFor(*device.pool, static_cast<int>(parts(n, size)), [&](int task, int) {
    const size_t first = task * size;
    work(first, smaller(size, n - first));
  });
}

}  // namespace plumbline::tensor
