#include "layout.h"

#include <string.h>

namespace plumbline::tensor {
namespace {

constexpr size_t kSide = 16;
constexpr size_t kTileRows = 256;
constexpr size_t kTileColumns = 64;

/// Through a buffer, so that rows a power of two apart do not push one another out of the cache.
void square(const float* x, size_t xStride, size_t rows, size_t columns, float* out, size_t outStride) {
  float buffer[kSide][kSide];
  if (rows == kSide && columns == kSide) {
    for (size_t i = 0; i < kSide; i++) memcpy(buffer[i], x + i * xStride, sizeof buffer[i]);
    for (size_t j = 0; j < kSide; j++) {
      float* to = out + j * outStride;
      for (size_t i = 0; i < kSide; i++) to[i] = buffer[i][j];
    }
    return;
  }
  for (size_t j = 0; j < columns; j++) {
    for (size_t i = 0; i < rows; i++) out[j * outStride + i] = x[i * xStride + j];
  }
}

}  // namespace

void transpose(Device& device, const float* x, size_t batch, size_t rows, size_t columns, float* out) {
  const size_t down = parts(rows, kTileRows), across = parts(columns, kTileColumns);
  parallelFor(*device.pool, static_cast<int>(batch * down * across), [&](int task, int) {
    const size_t start = task / (down * across) * rows * columns;
    const size_t i0 = task / across % down * kTileRows, iEnd = smaller(rows, i0 + kTileRows);
    const size_t j0 = task % across * kTileColumns, jEnd = smaller(columns, j0 + kTileColumns);
    for (size_t i = i0; i < iEnd; i += kSide) {
      for (size_t j = j0; j < jEnd; j += kSide) {
        square(x + start + i * columns + j, columns, smaller(kSide, iEnd - i), smaller(kSide, jEnd - j),
               out + start + j * rows + i, rows);
      }
    }
  });
}

}  // namespace plumbline::tensor
