#include "mat_mul.h"

#include <string.h>

#include <utility>

#include "../core/gemm.h"

namespace plumbline::tensor {
namespace {

/// Multiplications from which a product is spread over threads; smaller ones are done whole, several at a time.
constexpr double kLargeProduct = 1 << 21;
constexpr int kRowBlock = 96;
constexpr int kColumnBlock = 512;

/// Rows that are packed side by side: so many streams are read at once.
constexpr int kStreams = 8;

/// Packs rows i0 … of a side, as core/gemm.h wants it: `out [nDepth][unit]`, zeros from row n on.
struct LoadSide {
  const Side& side;
  void operator()(int k0, int nDepth, int i0, int n, int unit, float* out) const {
    if (!side.alongDepth || n < unit) {
      if (side.alongDepth) AlongDepth{side.data, side.stride}(k0, nDepth, i0, n, unit, out);
      else AcrossDepth{side.data, side.stride}(k0, nDepth, i0, n, unit, out);
      return;
    }
    for (int i = 0; i < unit; i += kStreams) {
      const float* rows[kStreams];
      const int count = smaller(kStreams, unit - i);
      for (int r = 0; r < kStreams; r++) rows[r] = side.data + (i0 + i + smaller(r, count - 1)) * side.stride + k0;
      for (int k = 0; k < nDepth; k++) {
        for (int r = 0; r < count; r++) out[static_cast<size_t>(k) * unit + i + r] = rows[r][k];
      }
    }
  }
};

/// One row times a matrix stored `[depth][columns]`: parts of the depth are summed on their own.
void rowTimesRows(const Kernels& k, TensorScratch& s, const Product& p, int first, int count) {
  const int whole = count / kRowUnit * kRowUnit;
  float* sums = s.partial.data();
  int32_t which[kGemmDepth];
  for (int i = 0; i < kGemmDepth; i++) which[i] = i;
  for (int k0 = 0; k0 < p.depth; k0 += kGemmDepth) {
    const int nDepth = smaller(kGemmDepth, p.depth - k0);
    const float* rows = p.b.data + k0 * p.b.stride + first;
    float values[kGemmDepth];
    for (int i = 0; i < nDepth; i++) values[i] = p.a.data[(k0 + i) * (p.a.alongDepth ? 1 : p.a.stride)];
    memset(sums, 0, static_cast<size_t>(count) * sizeof(float));
    if (whole > 0) k.combineRows(sums, rows, p.b.stride, which, values, nDepth, sums, whole);
    for (int i = 0; i < nDepth; i++) {
      for (int j = whole; j < count; j++) sums[j] += values[i] * rows[i * p.b.stride + j];
    }
    for (int j = 0; j < count; j++) p.c[first + j] = k0 == 0 ? sums[j] : p.c[first + j] + sums[j];
  }
}

/// One row times a matrix stored `[columns][depth]`.
void rowTimesColumns(const Kernels& k, TensorScratch& s, const Product& p, int first, int count) {
  const int whole = p.depth / kRowUnit * kRowUnit;
  const float* a = p.a.data;
  if (!p.a.alongDepth && p.a.stride != 1) {
    for (int i = 0; i < p.depth; i++) s.packA[i] = a[i * p.a.stride];
    a = s.packA.data();
  }
  for (int j = first; j < first + count; j++) {
    const float* b = p.b.data + j * p.b.stride;
    float sum = whole > 0 ? k.dot(a, b, whole) : 0.0f;
    for (int i = whole; i < p.depth; i++) sum += a[i] * b[i];
    p.c[j] = sum;
  }
}

void rowBlock(const Kernels& k, TensorScratch& s, const Product& p, int first, int count) {
  if (p.b.alongDepth) {
    rowTimesColumns(k, s, p, first, count);
  } else {
    rowTimesRows(k, s, p, first, count);
  }
}

void whole(const Kernels& k, TensorScratch& s, const Product& p) {
  if (p.rows == 1) {
    for (int j = 0; j < p.columns; j += kColumnBlock) rowBlock(k, s, p, j, smaller(kColumnBlock, p.columns - j));
  } else {
    gemm(k, s.packA, s.packB, p.rows, p.columns, p.depth, LoadSide{p.a}, LoadSide{p.b}, p.c, p.columns);
  }
}

/// A part of b is packed once by all threads; each then takes blocks of rows.
void spread(Device& device, const Product& p) {
  const Kernels& kernels = *device.kernels;
  const int panel = kernels.panel, height = kernels.gemmRows;
  float* packed = device.shared.data();
  for (int j0 = 0; j0 < p.columns; j0 += kGemmColumns) {
    const int nColumns = smaller(kGemmColumns, p.columns - j0);
    for (int k0 = 0; k0 < p.depth; k0 += kGemmDepth) {
      const int nDepth = smaller(kGemmDepth, p.depth - k0);
      inPieces(device, nColumns, panel, [&](size_t j, size_t width) {
        LoadSide{p.b}(k0, nDepth, j0 + static_cast<int>(j), static_cast<int>(width), panel, packed + j * nDepth);
      });
      parallelFor(*device.pool, (p.rows + kRowBlock - 1) / kRowBlock, [&](int block, int thread) {
        float* tile = device.scratch[thread].packA.data();
        const int end = smaller(p.rows, (block + 1) * kRowBlock);
        for (int i = block * kRowBlock; i < end; i += height) {
          const int nRows = smaller(height, end - i);
          LoadSide{p.a}(k0, nDepth, i, nRows, height, tile);
          for (int j = 0; j < nColumns; j += panel) {
            kernels.gemmTile(nDepth, tile, packed + static_cast<size_t>(j) * nDepth,
                             p.c + static_cast<size_t>(i) * p.columns + j0 + j, p.columns, nRows,
                             smaller(panel, nColumns - j), k0 > 0);
          }
        }
      });
    }
  }
}

/// A product with one column is one with one row, the sides exchanged.
Product turned(const Product& p) {
  if (p.columns != 1 || p.rows == 1) return p;
  Product out = p;
  std::swap(out.rows, out.columns);
  std::swap(out.a, out.b);
  return out;
}

}  // namespace

bool matMul(Device& device, const Product* products, int count) {
  if (count == 0 || products->rows == 0 || products->columns == 0) return true;
  const Kernels& k = *device.kernels;
  const Product first = turned(*products);
  const bool isLarge = static_cast<double>(first.rows) * first.columns * first.depth >= kLargeProduct;
  bool enough = device.shared.resize(roundUp(kGemmColumns, k.panel) * kGemmDepth);
  for (int t = 0; t < device.pool->threads() && enough; t++) {
    TensorScratch& s = device.scratch[t];
    enough = s.packA.resize(larger<size_t>(first.depth, static_cast<size_t>(k.gemmRows) * kGemmDepth)) &&
             s.packB.resize(roundUp(kGemmColumns, k.panel) * kGemmDepth) && s.partial.resize(kColumnBlock);
  }
  if (!enough) return false;
  if (!isLarge) {
    parallelFor(*device.pool, count, [&](int i, int thread) { whole(k, device.scratch[thread], turned(products[i])); });
    return true;
  }
  for (int i = 0; i < count; i++) {
    const Product p = turned(products[i]);
    if (p.rows > 1) {
      spread(device, p);
      continue;
    }
    parallelFor(*device.pool, (p.columns + kColumnBlock - 1) / kColumnBlock, [&](int block, int thread) {
      rowBlock(k, device.scratch[thread], p, block * kColumnBlock, smaller(kColumnBlock, p.columns - block * kColumnBlock));
    });
  }
  return true;
}

}  // namespace plumbline::tensor
