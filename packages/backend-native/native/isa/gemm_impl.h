// The tile of a packed matrix product: `a` [depth][kHeight], `b` [depth][kWidth · kLanes], c row-major.
#pragma once
#include "screen_impl.h"
#include "simd.h"

namespace {

template <int kHeight, int kWidth>
void gemmTile(int depth, const float* a, const float* b, float* c, size_t cStride, int rows, int columns,
              bool accumulate) {
  Vf acc[kHeight][kWidth];
  PL_UNROLL
  for (int r = 0; r < kHeight; r++) {
    PL_UNROLL
    for (int j = 0; j < kWidth; j++) acc[r][j] = Vf{};
  }
  for (int k = 0; k < depth; k++) {
    Vf right[kWidth];
    PL_UNROLL
    for (int j = 0; j < kWidth; j++) right[j] = load(b + j * kLanes);
    PL_UNROLL
    for (int r = 0; r < kHeight; r++) {
      PL_UNROLL
      for (int j = 0; j < kWidth; j++) StepF32::step(acc[r][j], right[j], reinterpret_cast<const uint8_t*>(a + r));
    }
    a += kHeight;
    b += kWidth * kLanes;
  }
  Vf sums[kHeight][kWidth];
  PL_UNROLL
  for (int r = 0; r < kHeight; r++) {
    PL_UNROLL
    for (int j = 0; j < kWidth; j++) sums[r][j] = acc[r][j];
  }
  if (rows == kHeight && columns == kWidth * kLanes) {
    for (int r = 0; r < kHeight; r++) {
      float* out = c + r * cStride;
      for (int j = 0; j < kWidth; j++) {
        store(out + j * kLanes, accumulate ? load(out + j * kLanes) + sums[r][j] : sums[r][j]);
      }
    }
    return;
  }
  float edge[kWidth * kLanes];
  for (int r = 0; r < rows; r++) {
    for (int j = 0; j < kWidth; j++) store(edge + j * kLanes, sums[r][j]);
    float* out = c + r * cStride;
    for (int j = 0; j < columns; j++) out[j] = accumulate ? out[j] + edge[j] : edge[j];
  }
}

}  // namespace
