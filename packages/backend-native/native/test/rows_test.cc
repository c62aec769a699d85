// Loops over single rows, against float64.
#include <string.h>

#include "cases.h"
#include "check.h"
#include "themes.h"

namespace plumbline {
namespace test {
namespace {

using Row = std::vector<float>;

/// Kinds whose products with each other stay finite.
RowKind anyKind(Random& random) { return static_cast<RowKind>(random.below(kRowKinds)); }
RowKind partnerOf(Random& random, RowKind kind) { return kind == kVeryLarge ? kVerySmall : anyKind(random); }

bool within(double got, double wanted, double tolerance) { return std::abs(got - wanted) <= tolerance; }

void checkDots(const Kernels& k, Random& random, int n) {
  const int width = paddedWidth(n), nRows = random.between(1, 11);
  const RowKind kind = anyKind(random), partner = partnerOf(random, kind);
  const Row x = makeRow(random, kind, n);
  const size_t stride = static_cast<size_t>(width) + (random.chance(0.5) ? 0 : kRowUnit);
  Row rows(stride * (nRows - 1) + width);
  for (int r = 0; r < nRows; r++) fillRow(random, partner, rows.data() + r * stride, n, width);
  for (int count = 0; count <= nRows; count++) {
    std::vector<int32_t> indices(count);
    for (int32_t& index : indices) index = random.below(nRows);
    Row out(count);
    k.dotRows(x.data(), rows.data(), stride, indices.data(), count, width, out.data());
    for (int i = 0; i < count; i++) {
      const float* row = rows.data() + indices[i] * stride;
      const float one = k.dot(x.data(), row, width), turned = k.dot(row, x.data(), width);
      CHECK_IN(sameBits(&one, &out[i], 1), "n %d, %d of %d: %a, %a", n, i, count, one, out[i]);
      CHECK_IN(sameBits(&one, &turned, 1), "n %d: %a, %a", n, one, turned);
      double wanted = 0, size = 0;
      for (int j = 0; j < width; j++) {
        wanted += static_cast<double>(x[j]) * row[j];
        size += std::abs(static_cast<double>(x[j]) * row[j]);
      }
      // What the screening's bounds assume of the canonical sum.
      const double tolerance = (width / 8.0 + 8) * kHalfUlp * size + width * kLeastFloat;
      CHECK_IN(within(one, wanted, tolerance), "n %d, %s × %s: %a, not %a", n, nameOf(kind), nameOf(partner), one, wanted);
    }
  }
}

void checkSums(const Kernels& k, Random& random, int n) {
  const int width = paddedWidth(n), nRows = random.between(1, 9), count = random.below(10);
  const Row bias = makeRow(random, kOrdinary, n);
  Row rows(static_cast<size_t>(width) * nRows), others(rows.size());
  for (int r = 0; r < nRows; r++) {
    fillRow(random, kOrdinary, rows.data() + r * width, n, width);
    fillRow(random, kOrdinary, others.data() + r * width, n, width);
  }
  std::vector<int32_t> indices(count);
  Row values(count), factors(count);
  for (int i = 0; i < count; i++) {
    indices[i] = random.below(nRows);
    values[i] = static_cast<float>(random.normal());
    factors[i] = static_cast<float>(random.normal());
  }
  Row out(width), inPlace = bias, encoder = bias, decoder = bias;
  k.combineRows(bias.data(), rows.data(), width, indices.data(), values.data(), count, out.data(), width);
  k.combineRows(inPlace.data(), rows.data(), width, indices.data(), values.data(), count, inPlace.data(), width);
  k.accumulate(indices.data(), factors.data(), values.data(), count, others.data(), rows.data(), width, encoder.data(),
               decoder.data(), width);
  CHECK(sameBits(out.data(), inPlace.data(), width));
  for (int j = 0; j < width; j++) {
    double wanted = bias[j], size = std::abs(bias[j]), other = bias[j], otherSize = size;
    for (int i = 0; i < count; i++) {
      const double part = static_cast<double>(values[i]) * rows[indices[i] * static_cast<size_t>(width) + j];
      const double otherPart = static_cast<double>(factors[i]) * others[indices[i] * static_cast<size_t>(width) + j];
      wanted += part;
      size += std::abs(part);
      other += otherPart;
      otherSize += std::abs(otherPart);
    }
    const double share = (2 * count + 2) * kHalfUlp;
    CHECK_IN(within(out[j], wanted, share * size), "combineRows, n %d, %d rows", n, count);
    CHECK_IN(within(decoder[j], wanted, share * size), "accumulate, n %d, %d rows", n, count);
    CHECK_IN(within(encoder[j], other, share * otherSize), "accumulate, n %d, %d rows", n, count);
  }
}

void checkSimple(const Kernels& k, Random& random, int n) {
  const int width = paddedWidth(n);
  const Row a = makeRow(random, anyKind(random), n), b = makeRow(random, anyKind(random), n);
  const float factor = static_cast<float>(random.normal());
  Row difference(width), scaled(width), sum = b;
  k.subtract(a.data(), b.data(), difference.data(), width);
  k.scaleInto(factor, a.data(), scaled.data(), width);
  k.axpy(factor, a.data(), sum.data(), width);
  float most = 0;
  for (int i = 0; i < width; i++) {
    CHECK(difference[i] == a[i] - b[i]);
    CHECK(scaled[i] == factor * a[i]);
    const double product = static_cast<double>(factor) * a[i];
    const double tolerance = 2 * kHalfUlp * (std::abs(product) + std::abs(b[i])) + 2 * kLeastFloat;
    CHECK_IN(within(sum[i], b[i] + product, tolerance), "axpy: %a, not %a", sum[i], b[i] + product);
    most = larger(most, std::abs(a[i]));
  }
  const float found = k.maxAbs(a.data(), width);
  CHECK_IN(found == most, "maxAbs: %a, not %a", found, most);
  const double norm = normOf(a), upper = k.normUp(a.data(), width);
  CHECK_IN(upper >= norm, "normUp, n %d: %a, below %a", n, upper, norm);
  CHECK_IN(upper <= norm * (1.001 + width * 2e-7) + width * 1e-30, "normUp, n %d: %a, far above %a", n, upper, norm);
}

void checkAdam(const Kernels& k, Random& random, int n) {
  const int width = paddedWidth(n);
  const double beta1 = random.chance(0.3) ? 0 : 0.9, beta2 = 0.999, t = random.between(1, 50);
  const double lr = 1e-3, epsilon = 1e-8, clip = random.chance(0.5) ? 1 : random.unit();
  AdamStep step;
  step.beta1 = static_cast<float>(beta1);
  step.oneMinusBeta1 = static_cast<float>(1 - beta1);
  step.beta2 = static_cast<float>(beta2);
  step.oneMinusBeta2 = static_cast<float>(1 - beta2);
  step.inverseSpread = static_cast<float>(1 / std::sqrt(1 - std::pow(beta2, t)));
  step.epsilon = static_cast<float>(epsilon);
  step.stepSize = static_cast<float>(lr / (1 - std::pow(beta1, t)));
  step.gradientScale = static_cast<float>(clip);
  const Row g = makeRow(random, random.chance(0.2) ? kSparse : kOrdinary, n);
  const Row before = makeRow(random, kOrdinary, n), mBefore = makeRow(random, kOrdinary, n);
  Row vBefore = makeRow(random, kOrdinary, n);
  for (float& value : vBefore) value = random.chance(0.1) ? 0 : value * value;
  Row p = before, m = mBefore, v = vBefore;
  k.adam(step, g.data(), p.data(), m.data(), v.data(), width);
  for (int i = 0; i < width; i++) {
    const double gradient = clip * g[i];
    const double mean = beta1 * mBefore[i] + (1 - beta1) * gradient;
    const double variance = beta2 * vBefore[i] + (1 - beta2) * gradient * gradient;
    const double meanSize = std::abs(beta1 * mBefore[i]) + std::abs((1 - beta1) * gradient);
    CHECK_IN(within(m[i], mean, 4 * kHalfUlp * meanSize), "adam: mean %a, not %a", m[i], mean);
    CHECK_IN(within(v[i], variance, 8 * kHalfUlp * variance), "adam: variance %a, not %a", v[i], variance);
    // From the new moments in float32, so that what they lost is not counted again.
    const double spread = std::sqrt(static_cast<double>(v[i]) / (1 - std::pow(beta2, t))) + epsilon;
    const double change = static_cast<double>(m[i]) / (1 - std::pow(beta1, t)) * lr / spread;
    const double tolerance = 10 * kHalfUlp * std::abs(change) + 2 * kHalfUlp * std::abs(before[i]) + kLeastFloat;
    CHECK_IN(within(p[i], before[i] - change, tolerance), "adam: %a, not %a", p[i], before[i] - change);
  }
  for (int i = n; i < width; i++) CHECK(p[i] == 0 && m[i] == 0);
}

void checkCounts(const Kernels& k, Random& random) {
  constexpr float kStrange[] = {0.0f, -0.0f, __builtin_inff(), -__builtin_inff(), __builtin_nanf(""), 1.0f, 1e-40f};
  const int n = random.below(70);
  Row values(n);
  for (float& value : values) value = random.chance(0.3) ? kStrange[random.below(7)] : static_cast<float>(random.normal());
  const float limit = random.chance(0.5) ? kStrange[random.below(7)] : static_cast<float>(random.normal());
  int wanted = 0;
  for (const float value : values) wanted += value >= limit ? 1 : 0;
  CHECK_IN(k.countAtLeast(values.data(), n, limit) == wanted, "countAtLeast, n %d, limit %g", n, limit);
  const float bias = static_cast<float>(random.normal());
  Row activated = values;
  const int above = k.biasRelu(activated.data(), bias, n);
  int wantedAbove = 0;
  for (int i = 0; i < n; i++) {
    const float sum = values[i] + bias;
    wantedAbove += sum > 0 ? 1 : 0;
    CHECK_IN(activated[i] == (sum > 0 ? sum : 0), "biasRelu: %g + %g gives %g", values[i], bias, activated[i]);
  }
  CHECK_IN(above == wantedAbove, "biasRelu, n %d: %d, not %d", n, above, wantedAbove);
}

}  // namespace

void testRows(const Kernels& kernels, const Effort& effort) {
  Random random = effort.random(11);
  for (int round = 0; round < effort.times(2); round++) {
    for (const int n : kWidths) {
      checkDots(kernels, random, n);
      checkSums(kernels, random, n);
      checkSimple(kernels, random, n);
      checkAdam(kernels, random, n);
    }
  }
  for (int round = 0; round < effort.times(300); round++) checkCounts(kernels, random);
}

}  // namespace test
}  // namespace plumbline
