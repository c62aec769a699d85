// Tensor kernels that work number by number or sum them: any size, any number of threads, against float64.
#include "../tensor/adam.h"
#include "../tensor/elementwise.h"
#include "../tensor/layout.h"
#include "../tensor/reduce.h"
#include "check.h"
#include "tensors.h"
#include "themes.h"

namespace plumbline {
namespace test {

void makeDevices(const Kernels& kernels, Devices& devices) {
  for (tensor::Device* device : {&devices.one, &devices.several}) {
    const int threads = device == &devices.one ? 1 : 3;
    device->kernels = &kernels;
    device->pool.reset(createPool(threads));
    device->scratch.reset(new tensor::TensorScratch[threads]);
  }
}

Numbers normals(Random& random, size_t n) {
  Numbers out(n);
  for (float& value : out) value = static_cast<float>(random.normal());
  return out;
}

bool close(const Numbers& got, const std::vector<double>& wanted, double tolerance) {
  if (got.size() != wanted.size()) return false;
  for (size_t i = 0; i < got.size(); i++) {
    if (!(std::abs(got[i] - wanted[i]) <= tolerance * (1 + std::abs(wanted[i])))) return false;
  }
  return true;
}

namespace {

using namespace tensor;

/// Sizes around the borders of pieces, and small ones.
size_t anySize(Random& random) {
  if (random.chance(0.1)) return kChunk + static_cast<size_t>(random.between(-1, 1));
  return static_cast<size_t>(random.chance(0.2) ? random.between(1, 70000) : random.between(1, 300));
}

void checkBinary(Devices& devices, Random& random) {
  Walk walk = {};
  walk.nDims = random.between(1, 4);
  size_t total = 1, aSize = 1, bSize = 1;
  for (int d = walk.nDims - 1; d >= 0; d--) {
    walk.size[d] = random.chance(0.05) ? 700 : random.between(1, 9);
    const bool aMoves = random.chance(0.7), bMoves = random.chance(0.7);
    walk.a[d] = aMoves ? static_cast<int32_t>(aSize) : 0;
    walk.b[d] = bMoves ? static_cast<int32_t>(bSize) : 0;
    aSize *= aMoves ? walk.size[d] : 1;
    bSize *= bMoves ? walk.size[d] : 1;
    total *= walk.size[d];
  }
  // Four long dimensions would be more than a test needs.
  if (total > 200000) return;
  // A repeated innermost dimension is walked with a stride of 0, a moving one with 1.
  const Numbers a = normals(random, aSize), b = normals(random, bSize);
  Numbers sums(total);
  std::vector<uint8_t> flags(total), others(total);
  bool agree = false;
  const auto op = static_cast<BinaryOp>(random.below(kBinaryOps));
  const Numbers got =
      onBoth(devices, total, [&](Device& d, float* out) { binary(d, op, walk, a.data(), b.data(), out); }, agree);
  CHECK_IN(agree, "binary %d", op);
  binary(devices.one, kAdd, walk, a.data(), b.data(), sums.data());
  compare(devices.one, kLess, walk, a.data(), b.data(), flags.data());
  compare(devices.several, kLess, walk, a.data(), b.data(), others.data());
  CHECK(flags == others);
  for (size_t i = 0; i < total; i++) {
    size_t rest = i, x = 0, y = 0;
    for (int d = walk.nDims - 1; d >= 0; d--) {
      x += rest % walk.size[d] * walk.a[d];
      y += rest % walk.size[d] * walk.b[d];
      rest /= walk.size[d];
    }
    CHECK_IN(sums[i] == a[x] + b[y], "sum %zu of %zu in %d dimensions", i, total, walk.nDims);
    CHECK_IN((flags[i] != 0) == (a[x] < b[y]), "comparison %zu of %zu", i, total);
  }
}

void checkUnary(Devices& devices, Random& random) {
  const size_t n = anySize(random);
  const Numbers x = normals(random, n);
  for (int op = 0; op < kUnaryOps; op++) {
    bool agree = false;
    const Numbers got = onBoth(
        devices, n, [&](Device& d, float* out) { unary(d, static_cast<UnaryOp>(op), 0.5f, x.data(), out, n); }, agree);
    CHECK_IN(agree, "unary %d of %zu", op, n);
    const size_t i = static_cast<size_t>(random.below(static_cast<int>(n)));
    if (op == kRelu) CHECK(got[i] == (x[i] > 0 ? x[i] : 0));
    if (op == kStep) CHECK(got[i] == (x[i] > 0 ? 1 : 0.5f));
    if (op == kFirstValueFunction + kValueExp) CHECK(std::abs(got[i] / std::exp(static_cast<double>(x[i])) - 1) < 1e-6);
  }
  std::vector<uint8_t> flags(n);
  Numbers chosen(n), floats(n);
  bytesFromFloats(devices.several, x.data(), flags.data(), n);
  floatsFromBytes(devices.several, flags.data(), floats.data(), n);
  choose(devices.several, flags.data(), x.data(), floats.data(), chosen.data(), n);
  CHECK(same(chosen, x));
}

/// What the functions give at the borders of float32.
void checkBorders(Devices& devices) {
  const float infinity = INFINITY;
  const Numbers x = {NAN, infinity, -infinity, 0.0f, -0.0f, 1e-41f, 200.0f, -200.0f};
  const auto of = [&](int op) {
    Numbers out(x.size());
    unary(devices.one, static_cast<UnaryOp>(op), 0, x.data(), out.data(), x.size());
    return out;
  };
  const Numbers exps = of(kFirstValueFunction + kValueExp), logs = of(kFirstValueFunction + kValueLog);
  const Numbers tanhs = of(kFirstValueFunction + kValueTanh), sigmoids = of(kFirstValueFunction + kValueSigmoid);
  for (const Numbers* one : {&exps, &logs, &tanhs, &sigmoids}) CHECK(std::isnan((*one)[0]));
  CHECK(exps[1] == infinity && exps[2] == 0 && exps[3] == 1 && exps[6] == infinity && exps[7] == 0);
  CHECK(logs[1] == infinity && std::isnan(logs[2]) && logs[3] == -infinity && logs[4] == -infinity);
  CHECK(std::abs(logs[5] - std::log(static_cast<double>(x[5]))) < 1e-4);
  CHECK(tanhs[1] == 1 && tanhs[2] == -1 && sigmoids[1] == 1 && sigmoids[2] == 0);
}

void checkReduce(Devices& devices, Random& random) {
  const bool isLong = random.chance(0.2);
  const size_t outer = random.between(1, 5), inner = random.chance(0.4) ? 1 : random.between(1, 1100);
  const size_t n = isLong ? random.between(1, inner == 1 ? 80000 : 300) : random.between(1, 40);
  const Numbers x = normals(random, outer * n * inner);
  for (int op = 0; op < kReduceOps; op++) {
    bool agree = false;
    const Numbers got = onBoth(
        devices, outer * inner,
        [&](Device& d, float* out) { CHECK(reduce(d, static_cast<ReduceOp>(op), x.data(), outer, n, inner, out)); }, agree);
    CHECK_IN(agree, "reduction %d of %zu × %zu × %zu", op, outer, n, inner);
    std::vector<double> wanted(outer * inner);
    for (size_t at = 0; at < wanted.size(); at++) {
      const float* from = x.data() + at / inner * n * inner + at % inner;
      double sum = 0, most = from[0], least = from[0];
      for (size_t i = 0; i < n; i++) {
        const double value = from[i * inner];
        sum += value;
        most = larger(most, value);
        least = smaller(least, value);
      }
      wanted[at] = op == kSum ? sum : op == kMean ? sum / static_cast<double>(n) : op == kMax ? most : least;
    }
    CHECK_IN(close(got, wanted, 1e-5), "reduction %d of %zu × %zu × %zu", op, outer, n, inner);
  }
}

void checkTranspose(Devices& devices, Random& random) {
  const size_t batch = random.between(1, 3), rows = random.between(1, 300), columns = random.between(1, 90);
  const Numbers x = normals(random, batch * rows * columns);
  bool agree = false;
  const Numbers got = onBoth(
      devices, x.size(), [&](Device& d, float* out) { transpose(d, x.data(), batch, rows, columns, out); }, agree);
  CHECK(agree);
  for (size_t i = 0; i < x.size(); i++) {
    const size_t b = i / (rows * columns), row = i / columns % rows, column = i % columns;
    CHECK_IN(got[(b * columns + column) * rows + row] == x[i], "%zu × %zu × %zu", batch, rows, columns);
  }
}

void checkAdam(Devices& devices, Random& random) {
  const size_t n = anySize(random);
  const AdamStep step = {0.9f, 0.1f, 0.99f, 0.01f, 2.0f, 1e-8f, 0.01f, 1.0f};
  const Numbers g = normals(random, n), p = normals(random, n), m = normals(random, n);
  Numbers v = normals(random, n);
  for (float& value : v) value *= value;
  bool agree = false;
  const Numbers got = onBoth(
      devices, 3 * n,
      [&](Device& d, float* out) { adam(d, step, g.data(), {p.data(), m.data(), v.data()}, {out, out + n, out + 2 * n}, n); },
      agree);
  CHECK_IN(agree, "adam of %zu", n);
  for (size_t i = 0; i < n; i += 1 + n / 40) {
    const double mean = 0.9 * m[i] + 0.1 * g[i], variance = 0.99 * v[i] + 0.01 * g[i] * g[i];
    const double moved = p[i] - 0.01 * mean / (std::sqrt(variance) * 2 + 1e-8);
    CHECK_IN(std::abs(got[i] - moved) < 1e-5 * (1 + std::abs(moved)), "adam of %zu: %a, not %a", n, got[i], moved);
  }
}

}  // namespace

void testTensors(const Kernels& kernels, const Effort& effort) {
  Random random = effort.random(20);
  Devices devices;
  makeDevices(kernels, devices);
  checkBorders(devices);
  for (int round = 0; round < effort.times(60); round++) {
    checkBinary(devices, random);
    checkUnary(devices, random);
    checkReduce(devices, random);
    checkTranspose(devices, random);
    checkAdam(devices, random);
  }
  testTensorRows(devices, random, effort.times(60));
}

}  // namespace test
}  // namespace plumbline
