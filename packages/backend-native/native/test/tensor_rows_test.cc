// Tensor kernels that work on rows: products, gathers and scatters, the largest of a row.
#include <algorithm>
#include <numeric>

#include "../tensor/mat_mul.h"
#include "../tensor/rows.h"
#include "../tensor/top_k.h"
#include "check.h"
#include "tensors.h"

namespace plumbline {
namespace test {
namespace {

using namespace tensor;

void checkMatMul(Devices& devices, Random& random, int rows, int columns, int depth) {
  const bool aTurned = random.chance(0.5), bTurned = random.chance(0.5);
  const int count = random.chance(0.3) ? random.between(2, 5) : 1;
  const size_t aSize = static_cast<size_t>(rows) * depth, bSize = static_cast<size_t>(columns) * depth;
  const size_t cSize = static_cast<size_t>(rows) * columns;
  const Numbers a = normals(random, aSize * count), b = normals(random, bSize);
  bool agree = false;
  const Numbers got = onBoth(
      devices, cSize * count,
      [&](Device& d, float* out) {
        std::vector<Product> products(count);
        for (int i = 0; i < count; i++) {
          products[i] = {rows, columns, depth,
                         {a.data() + i * aSize, static_cast<size_t>(aTurned ? rows : depth), !aTurned},
                         {b.data(), static_cast<size_t>(bTurned ? depth : columns), bTurned},
                         out + i * cSize};
        }
        CHECK(matMul(d, products.data(), count));
      },
      agree);
  CHECK_IN(agree, "%d × %d × %d, %d times", rows, columns, depth, count);
  const size_t step = 1 + got.size() / 4000;
  for (size_t at = 0; at < got.size(); at += step) {
    const float* left = a.data() + at / cSize * aSize;
    const size_t i = at % cSize / columns, j = at % columns;
    double wanted = 0, size = 0;
    for (int k = 0; k < depth; k++) {
      const double x = left[aTurned ? static_cast<size_t>(k) * rows + i : i * depth + k];
      const double y = b[bTurned ? j * depth + k : static_cast<size_t>(k) * columns + j];
      wanted += x * y;
      size += std::abs(x * y);
    }
    CHECK_IN(std::abs(got[at] - wanted) <= (depth + 3) * kHalfUlp * size, "%d × %d × %d: %a, not %a", rows, columns, depth,
             got[at], wanted);
  }
}

void checkProducts(Devices& devices, Random& random, int rounds) {
  for (int round = 0; round < rounds; round++) {
    checkMatMul(devices, random, random.between(1, 40), random.between(1, 150), random.between(1, 60));
    checkMatMul(devices, random, 1, random.between(1, 700), random.between(1, 600));
    checkMatMul(devices, random, random.between(1, 700), 1, random.between(1, 600));
  }
  // Spread over threads, with every edge.
  checkMatMul(devices, random, 97, 769, 257);
  checkMatMul(devices, random, 203, 65, 300);
  checkMatMul(devices, random, 1, 2100, 1000);
}

struct Chosen {
  size_t tokens, perToken, size, width;
  std::vector<int32_t> indices;
  Numbers values;
  Choice choice() const { return {indices.data(), values.data(), tokens, perToken}; }
};

Chosen anyChoice(Random& random) {
  Chosen out;
  out.tokens = random.between(1, random.chance(0.2) ? 300 : 20);
  out.perToken = random.between(1, 9);
  out.size = random.between(1, 60);
  out.width = random.between(1, 100);
  out.indices.resize(out.tokens * out.perToken);
  for (int32_t& index : out.indices) index = random.below(static_cast<int>(out.size));
  out.values = normals(random, out.indices.size());
  return out;
}

void checkRows(Devices& devices, Random& random) {
  Chosen c = anyChoice(random);
  const Numbers rows = normals(random, c.size * c.width), y = normals(random, c.tokens * c.width), bias = normals(random, c.width);
  std::vector<double> sums(rows.size()), combined(y.size()), dots(c.indices.size());
  for (size_t i = 0; i < y.size(); i++) combined[i] = bias[i % c.width];
  for (size_t i = 0; i < c.indices.size(); i++) {
    const size_t token = i / c.perToken;
    for (size_t j = 0; j < c.width; j++) {
      const double row = rows[c.indices[i] * c.width + j], other = y[token * c.width + j];
      sums[c.indices[i] * c.width + j] += c.values[i] * other;
      combined[token * c.width + j] += c.values[i] * row;
      dots[i] += row * other;
    }
  }
  bool agree = false;
  const auto check = [&](const char* what, const Numbers& got, const std::vector<double>& wanted) {
    CHECK_IN(agree, "%s: threads differ", what);
    CHECK_IN(close(got, wanted, 1e-4), "%s: %zu of %zu rows of %zu", what, c.indices.size(), c.size, c.width);
  };
  check("accumulateRows", onBoth(devices, sums.size(), [&](Device& d, float* out) {
    CHECK(accumulateRows(d, c.choice(), y.data(), c.width, c.size, false, out));
  }, agree), sums);
  check("combineRows", onBoth(devices, combined.size(), [&](Device& d, float* out) {
    CHECK(combineRows(d, c.choice(), rows.data(), bias.data(), c.width, c.size, out));
  }, agree), combined);
  check("dotRows", onBoth(devices, dots.size(), [&](Device& d, float* out) {
    CHECK(dotRows(d, c.choice(), rows.data(), y.data(), c.width, c.size, out));
  }, agree), dots);
  const Numbers taken = onBoth(devices, c.indices.size() * c.width, [&](Device& d, float* out) {
    CHECK(gather(d, rows.data(), 1, c.size, c.width, c.indices.data(), c.indices.size(), out));
  }, agree);
  CHECK(agree);
  for (size_t i = 0; i < c.indices.size(); i++) {
    CHECK(sameBits(&taken[i * c.width], &rows[c.indices[i] * c.width], c.width));
  }
  // One index outside: refused by all, and left out where that is asked for.
  c.indices.back() = random.chance(0.5) ? -1 : static_cast<int32_t>(c.size);
  Numbers out(larger(sums.size(), larger(combined.size(), taken.size())));
  CHECK(!accumulateRows(devices.several, c.choice(), y.data(), c.width, c.size, false, out.data()));
  CHECK(!combineRows(devices.several, c.choice(), rows.data(), bias.data(), c.width, c.size, out.data()));
  CHECK(!dotRows(devices.several, c.choice(), rows.data(), y.data(), c.width, c.size, out.data()));
  CHECK(!gather(devices.several, rows.data(), 1, c.size, c.width, c.indices.data(), c.indices.size(), out.data()));
  Numbers kept(sums.size());
  CHECK(accumulateRows(devices.several, c.choice(), y.data(), c.width, c.size, true, kept.data()));
}

void checkTopK(Devices& devices, Random& random, size_t rows, size_t n, size_t k) {
  Numbers x = normals(random, rows * n);
  if (random.chance(0.5)) {
    for (float& value : x) value = std::round(value);
  }
  if (random.chance(0.2)) x[random.below(static_cast<int>(x.size()))] = NAN;
  std::vector<int32_t> indices(rows * k), others(rows * k);
  Numbers values(rows * k);
  CHECK(topK(devices.one, x.data(), rows, n, k, values.data(), indices.data()));
  CHECK(topK(devices.several, x.data(), rows, n, k, values.data(), others.data()));
  CHECK(indices == others);
  std::vector<int32_t> order(n);
  for (size_t row = 0; row < rows; row++) {
    const float* from = x.data() + row * n;
    const auto valueOf = [&](int32_t i) { return std::isnan(from[i]) ? -INFINITY : from[i]; };
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return valueOf(a) > valueOf(b); });
    for (size_t i = 0; i < k; i++) {
      const int32_t got = indices[row * k + i];
      CHECK_IN(got == order[i], "place %zu of %zu in a row of %zu: %d, not %d", i, k, n, got, order[i]);
      CHECK(sameBits(&values[row * k + i], &from[got], 1));
    }
  }
}

}  // namespace

void testTensorRows(Devices& devices, Random& random, int rounds) {
  checkProducts(devices, random, larger(1, rounds / 6));
  for (int round = 0; round < rounds; round++) {
    checkRows(devices, random);
    const int n = random.between(1, 3000);
    checkTopK(devices, random, random.between(1, 4), n, random.between(1, random.chance(0.7) ? smaller(n, 40) : n));
  }
  checkTopK(devices, random, 1, (1 << 18) + 3, 40);
  checkTopK(devices, random, 1, (1 << 18) + 3, 9000);
}

}  // namespace test
}  // namespace plumbline
