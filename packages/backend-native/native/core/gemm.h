// Dense float32 products from packed tiles, for what is not sparse: ReLU SAEs in their first steps, AuxK, and tfjs's matMul.
#pragma once
#include "kernels.h"

namespace plumbline {

constexpr int kGemmDepth = 256;
constexpr int kGemmColumns = 768;

/// Room for the packed parts of one thread.
inline bool reserveGemm(const Kernels& k, Array<float>& a, Array<float>& b) {
  return a.resize(static_cast<size_t>(k.gemmRows) * kGemmDepth) &&
         b.resize(roundUp(kGemmColumns, k.panel) * kGemmDepth);
}

/// `c [rows][columns] (+)= A · B` on the calling thread. `loadA(i, k)` and `loadB(k, j)` give elements; parts of the depth are
/// summed in order, so a result depends on neither threads nor neighbours.
template <class LoadA, class LoadB>
void gemm(const Kernels& kernels, Array<float>& packA, Array<float>& packB, int rows, int columns, int depth,
          const LoadA& loadA, const LoadB& loadB, float* c, size_t cStride, bool accumulate = false) {
  const int panel = kernels.panel, height = kernels.gemmRows;
  for (int j0 = 0; j0 < columns; j0 += kGemmColumns) {
    const int nColumns = smaller(kGemmColumns, columns - j0);
    for (int k0 = 0; k0 < depth; k0 += kGemmDepth) {
      const int nDepth = smaller(kGemmDepth, depth - k0);
      for (int j = 0; j < nColumns; j += panel) {
        float* out = packB.data() + static_cast<size_t>(j) * nDepth;
        const int width = smaller(panel, nColumns - j);
        loadB(k0, nDepth, j0 + j, width, panel, out);
      }
      for (int i = 0; i < rows; i += height) {
        const int nRows = smaller(height, rows - i);
        loadA(k0, nDepth, i, nRows, height, packA.data());
        for (int j = 0; j < nColumns; j += panel) {
          kernels.gemmTile(nDepth, packA.data(), packB.data() + static_cast<size_t>(j) * nDepth,
                           c + i * cStride + j0 + j, cStride, nRows, smaller(panel, nColumns - j), accumulate || k0 > 0);
        }
      }
    }
  }
}

/// Elements that follow one another along the depth: element (i, k) at `data[i · stride + k]`.
struct AlongDepth {
  const float* data;
  size_t stride;
  void operator()(int k0, int nDepth, int i0, int n, int unit, float* out) const {
    for (int i = 0; i < unit; i++) {
      const float* from = data + static_cast<size_t>(i0 + i) * stride + k0;
      for (int k = 0; k < nDepth; k++) out[static_cast<size_t>(k) * unit + i] = i < n ? from[k] : 0;
    }
  }
};

/// Elements that follow one another across the depth: element (i, k) at `data[k · stride + i]`.
struct AcrossDepth {
  const float* data;
  size_t stride;
  void operator()(int k0, int nDepth, int i0, int n, int unit, float* out) const {
    for (int k = 0; k < nDepth; k++) {
      const float* from = data + static_cast<size_t>(k0 + k) * stride + i0;
      for (int i = 0; i < n; i++) out[i] = from[i];
      for (int i = n; i < unit; i++) out[i] = 0;
      out += unit;
    }
  }
};

}  // namespace plumbline
