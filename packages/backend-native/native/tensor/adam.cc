#include "adam.h"

#include <string.h>

namespace plumbline::tensor {
namespace {

/// Copied and updated in place while it is in the first cache.
constexpr size_t kBlock = 1024;

}  // namespace

void adam(Device& device, const AdamStep& step, const float* gradient, const float* const (&old)[3], float* const (&next)[3],
          size_t n) {
  inPieces(device, n, kChunk, [&](size_t first, size_t count) {
    for (size_t at = first; at < first + count; at += kBlock) {
      const size_t size = smaller(kBlock, first + count - at);
      if (size % kRowUnit == 0) {
        for (int t = 0; t < 3; t++) memcpy(next[t] + at, old[t] + at, size * sizeof(float));
        device.kernels->adam(step, gradient + at, next[0] + at, next[1] + at, next[2] + at, static_cast<int>(size));
        continue;
      }
      // The last values of all, padded.
      float values[4][kBlock] = {};
      memcpy(values[3], gradient + at, size * sizeof(float));
      for (int t = 0; t < 3; t++) memcpy(values[t], old[t] + at, size * sizeof(float));
      device.kernels->adam(step, values[3], values[0], values[1], values[2], static_cast<int>(roundUp(size, kRowUnit)));
      for (int t = 0; t < 3; t++) memcpy(next[t] + at, values[t], size * sizeof(float));
    }
  });
}

}  // namespace plumbline::tensor
