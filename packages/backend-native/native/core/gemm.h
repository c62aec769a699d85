// Dense float32 products from packed tiles, for what is not sparse: ReLU SAEs in their first steps, AuxK, and tfjs's matMul.
#pragma once
#include "kernels.h"
#include "pool.h"

namespace plumbline {

constexpr int kGemmDepth = 256;
constexpr int kGemmColumns = 768;

/// Room for the packed parts of one thread.
inline bool reserveGemm(const Kernels& k, Array<float>& a, Array<float>& b) {
  return a.resize(static_cast<size_t>(k.gemmRows) * kGemmDepth) &&
         b.resize(roundUp(kGemmColumns, k.panel) * kGemmDepth);
}

/// Packs columns `j0 …` and depth `k0 …` of the right side, panel by panel.
template <class Load>
void packRight(int panel, int j0, int nColumns, int k0, int nDepth, const Load& load, float* out) {
  for (int j = 0; j < nColumns; j += panel) {
    load(k0, nDepth, j0 + j, smaller(panel, nColumns - j), panel, out + static_cast<size_t>(j) * nDepth);
  }
}

/// A right side that is packed when it is needed, part by part, into the memory of one thread.
template <class Load>
struct PackAsNeeded {
  int panel;
  float* memory;
  const Load& load;
  const float* operator()(int j0, int nColumns, int k0, int nDepth) const {
    packRight(panel, j0, nColumns, k0, nDepth, load, memory);
    return memory;
  }
};

/// A right side that is packed once, by all threads, for all blocks of rows: packing it for each block of some dozen rows takes as
/// long as the product.
class PackedRight {
 public:
  /// False where memory ran out.
  template <class Load>
  bool pack(const Kernels& kernels, Pool& pool, int columns, int depth, const Load& load) {
    panel_ = kernels.panel;
    depth_ = depth;
    if (!data_.resize(roundUp(columns, panel_) * static_cast<size_t>(depth))) return false;
    const int nParts = (columns + kGemmColumns - 1) / kGemmColumns, nDepths = (depth + kGemmDepth - 1) / kGemmDepth;
    parallelFor(pool, nParts * nDepths, [&](int task, int) {
      const int j0 = task / nDepths * kGemmColumns, k0 = task % nDepths * kGemmDepth;
      const int nColumns = smaller(kGemmColumns, columns - j0), nDepth = smaller(kGemmDepth, depth - k0);
      packRight(panel_, j0, nColumns, k0, nDepth, load, data_.data() + offset(j0, nColumns, k0));
    });
    return true;
  }
  const float* operator()(int j0, int nColumns, int k0, int) const { return data_.data() + offset(j0, nColumns, k0); }

 private:
  size_t offset(int j0, int nColumns, int k0) const {
    return static_cast<size_t>(j0) * depth_ + roundUp(nColumns, panel_) * static_cast<size_t>(k0);
  }

  Array<float> data_;
  int panel_ = 0, depth_ = 0;
};

/// `c [rows][columns] (+)= A · B` on the calling thread. `loadA(i, k)` gives elements, `right` packed parts of B; parts of the depth
/// are summed in order, so a result depends on neither threads nor neighbours nor on when B is packed.
template <class LoadA, class Right>
void gemmWith(const Kernels& kernels, float* packA, int rows, int columns, int depth, const LoadA& loadA,
              const Right& right, float* c, size_t cStride, bool accumulate = false) {
  const int panel = kernels.panel, height = kernels.gemmRows;
  for (int j0 = 0; j0 < columns; j0 += kGemmColumns) {
    const int nColumns = smaller(kGemmColumns, columns - j0);
    for (int k0 = 0; k0 < depth; k0 += kGemmDepth) {
      const int nDepth = smaller(kGemmDepth, depth - k0);
      const float* packed = right(j0, nColumns, k0, nDepth);
      for (int i = 0; i < rows; i += height) {
        const int nRows = smaller(height, rows - i);
        loadA(k0, nDepth, i, nRows, height, packA);
        for (int j = 0; j < nColumns; j += panel) {
          kernels.gemmTile(nDepth, packA, packed + static_cast<size_t>(j) * nDepth, c + i * cStride + j0 + j, cStride,
                           nRows, smaller(panel, nColumns - j), accumulate || k0 > 0);
        }
      }
    }
  }
}

/// The same with B packed on the way.
template <class LoadA, class LoadB>
void gemm(const Kernels& kernels, Array<float>& packA, Array<float>& packB, int rows, int columns, int depth,
          const LoadA& loadA, const LoadB& loadB, float* c, size_t cStride, bool accumulate = false) {
  const PackAsNeeded<LoadB> right{kernels.panel, packB.data(), loadB};
  gemmWith(kernels, packA.data(), rows, columns, depth, loadA, right, c, cStride, accumulate);
}

/// Elements that follow one another along the depth: element (i, k) at `data[i · stride + k]`.
struct AlongDepth {
  const float* data;
  size_t stride;
  void operator()(int k0, int nDepth, int i0, int n, int unit, float* out) const {
    const float* from = data + static_cast<size_t>(i0) * stride + k0;
    for (int k = 0; k < nDepth; k++) {
      for (int i = 0; i < n; i++) out[i] = from[i * stride + k];
      for (int i = n; i < unit; i++) out[i] = 0;
      out += unit;
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
