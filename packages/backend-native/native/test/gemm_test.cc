// Tiles of dense products with every edge, and products cut into tiles.
#include "../core/gemm.h"

#include "cases.h"
#include "check.h"
#include "themes.h"

namespace plumbline {
namespace test {
namespace {

using Row = std::vector<float>;

constexpr float kUntouched = 12345.0f;

Row numbers(Random& random, size_t n) {
  Row out(n);
  for (float& value : out) value = static_cast<float>(random.normal());
  return out;
}

struct Element {
  double value, size;
};

void checkElement(float got, const Element& wanted, int depth, const char* what) {
  const double tolerance = (depth + 3) * kHalfUlp * wanted.size + 1e-44;
  CHECK_IN(std::abs(got - wanted.value) <= tolerance, "%s, depth %d: %a, not %a", what, depth, got, wanted.value);
}

void checkTile(const Kernels& k, Random& random, int rows, int columns, int depth, bool accumulate) {
  const int height = k.gemmRows, panel = k.panel;
  const Row a = numbers(random, static_cast<size_t>(height) * depth), b = numbers(random, static_cast<size_t>(panel) * depth);
  const size_t stride = columns + static_cast<size_t>(random.below(3));
  // No row more than there is: writing below the last one would be seen.
  Row c(stride * (rows - 1) + columns, kUntouched), before = c;
  if (accumulate) {
    c = numbers(random, c.size());
    before = c;
  }
  k.gemmTile(depth, a.data(), b.data(), c.data(), stride, rows, columns, accumulate);
  for (int r = 0; r < rows; r++) {
    for (int j = 0; j < columns; j++) {
      Element wanted{accumulate ? before[r * stride + j] : 0.0f, accumulate ? std::abs(before[r * stride + j]) : 0.0f};
      for (int d = 0; d < depth; d++) {
        const double part = static_cast<double>(a[d * height + r]) * b[d * panel + j];
        wanted.value += part;
        wanted.size += std::abs(part);
      }
      checkElement(c[r * stride + j], wanted, depth, "tile");
    }
    for (size_t j = columns; j < stride && r + 1 < rows; j++) CHECK(c[r * stride + j] == before[r * stride + j]);
  }
}

void checkProduct(const Kernels& k, Random& random, int rows, int columns, int depth) {
  const Row a = numbers(random, static_cast<size_t>(rows) * depth), b = numbers(random, static_cast<size_t>(columns) * depth);
  Row across(b.size());
  for (int j = 0; j < columns; j++) {
    for (int d = 0; d < depth; d++) across[static_cast<size_t>(d) * columns + j] = b[static_cast<size_t>(j) * depth + d];
  }
  Array<float> packA, packB;
  CHECK(reserveGemm(k, packA, packB));
  const AlongDepth left{a.data(), static_cast<size_t>(depth)}, right{b.data(), static_cast<size_t>(depth)};
  const AcrossDepth turned{across.data(), static_cast<size_t>(columns)};
  Row c(static_cast<size_t>(rows) * columns, kUntouched), other(c.size(), kUntouched), twice;
  gemm(k, packA, packB, rows, columns, depth, left, right, c.data(), columns);
  gemm(k, packA, packB, rows, columns, depth, left, turned, other.data(), columns);
  CHECK_IN(sameBits(c.data(), other.data(), c.size()), "%d × %d × %d", rows, columns, depth);
  twice = c;
  gemm(k, packA, packB, rows, columns, depth, left, right, twice.data(), columns, true);
  // An element has its bits from its row and column alone.
  const int row = random.below(rows), column = random.below(columns);
  float single = kUntouched;
  gemm(k, packA, packB, 1, 1, depth, AlongDepth{a.data() + static_cast<size_t>(row) * depth, static_cast<size_t>(depth)},
       AlongDepth{b.data() + static_cast<size_t>(column) * depth, static_cast<size_t>(depth)}, &single, 1);
  CHECK_IN(sameBits(&single, &c[static_cast<size_t>(row) * columns + column], 1), "%d × %d × %d", rows, columns, depth);
  for (int i = 0; i < rows; i++) {
    for (int j = 0; j < columns; j++) {
      Element wanted{0, 0};
      for (int d = 0; d < depth; d++) {
        const double part = static_cast<double>(a[static_cast<size_t>(i) * depth + d]) * b[static_cast<size_t>(j) * depth + d];
        wanted.value += part;
        wanted.size += std::abs(part);
      }
      const size_t at = static_cast<size_t>(i) * columns + j;
      checkElement(c[at], wanted, depth, "product");
      checkElement(twice[at], Element{2 * wanted.value, 2 * wanted.size}, depth, "product added to itself");
    }
  }
}

}  // namespace

void testGemm(const Kernels& kernels, const Effort& effort) {
  Random random = effort.random(14);
  for (int rows = 1; rows <= kernels.gemmRows; rows++) {
    for (int columns = 1; columns <= kernels.panel; columns++) {
      checkTile(kernels, random, rows, columns, random.between(1, 20), random.chance(0.5));
    }
  }
  checkTile(kernels, random, kernels.gemmRows, kernels.panel, 256, false);
  for (int round = 0; round < effort.times(20); round++) {
    checkProduct(kernels, random, random.between(1, 30), random.between(1, 150), random.between(1, 100));
  }
  checkProduct(kernels, random, 7, 3, kGemmDepth + 1);
  checkProduct(kernels, random, 2, kGemmColumns + 1, 5);
}

}  // namespace test
}  // namespace plumbline
