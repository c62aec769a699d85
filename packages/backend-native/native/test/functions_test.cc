// Powers, exponentials and hyperbolic tangents, against the C library in float64.
#include "cases.h"
#include "check.h"
#include "themes.h"

namespace plumbline {
namespace test {
namespace {

using Row = std::vector<float>;

/// Distance in halves of a unit in the last place of what is right.
double halfUlps(double got, double wanted) { return std::abs(got - wanted) / (kHalfUlp * std::abs(wanted)); }

/// Values of all sizes, signs and lengths of a last vector.
Row valuesOf(Random& random, double decades) {
  Row values(1 + random.below(45));
  for (float& value : values) {
    const double size = std::pow(10.0, (2 * random.unit() - 1) * decades);
    value = random.chance(0.05) ? 0.0f : static_cast<float>(random.chance(0.2) ? -size : size);
  }
  return values;
}

/// Maps in place and out of place, all at once and one by one: always the same bits.
template <class Map>
Row mapped(const Row& values, const Map& map) {
  const int n = static_cast<int>(values.size());
  Row out(values.size()), inPlace = values, single(values.size());
  map(values.data(), out.data(), n);
  map(inPlace.data(), inPlace.data(), n);
  for (int i = 0; i < n; i++) map(&values[i], &single[i], 1);
  CHECK(sameBits(out.data(), inPlace.data(), out.size()));
  CHECK(sameBits(out.data(), single.data(), out.size()));
  return out;
}

void checkPower(const Kernels& k, Random& random) {
  constexpr float kExponents[] = {1, 2, 0.5f, 0, -0.5f, -1, 3, 0.1f, 10};
  const float p = random.chance(0.5) ? kExponents[random.below(9)] : static_cast<float>(4 * random.unit() - 1);
  const Row values = valuesOf(random, 8);
  const Row out = mapped(values, [&](const float* from, float* to, int n) { k.power(from, p, to, n); });
  for (size_t i = 0; i < values.size(); i++) {
    if (!(values[i] > 0)) {
      CHECK_IN(out[i] == 0, "%g^%g: %g", values[i], p, out[i]);
      continue;
    }
    const double exponent = p * std::log(static_cast<double>(values[i]));
    if (std::abs(exponent) > 86) continue;
    // The exponent is rounded before it is raised: its size is lost in units of the last place.
    const double limit = 8 + 4 * std::abs(exponent), off = halfUlps(out[i], std::exp(exponent));
    CHECK_IN(off <= limit, "%a^%g: %a is %g half ulps off, %g are allowed", values[i], p, out[i], off, limit);
  }
  const float tiny[] = {1e-38f, 1e-45f, __builtin_nanf(""), -__builtin_inff()};
  float of[4];
  k.power(tiny, 1, of, 4);
  CHECK_IN(of[0] >= 0 && of[0] <= 1.1e-30f && of[1] >= 0 && of[1] <= 1.1e-30f, "tiny values: %g, %g", of[0], of[1]);
  CHECK_IN(of[2] == 0 && of[3] == 0, "NaN and −inf: %g, %g", of[2], of[3]);
}

void checkExponential(const Kernels& k, Random& random) {
  Row values(1 + random.below(45));
  for (float& value : values) {
    value = static_cast<float>(random.chance(0.2) ? 100 * random.normal() : random.chance(0.5) ? random.normal() : 20 * random.normal());
  }
  const Row out = mapped(values, [&](const float* from, float* to, int n) { k.exponential(from, to, n); });
  for (size_t i = 0; i < values.size(); i++) {
    const double x = smaller(larger(static_cast<double>(values[i]), -87.0), 87.0);
    const double off = halfUlps(out[i], std::exp(x));
    CHECK_IN(off <= 6, "exp %a: %a is %g half ulps off", values[i], out[i], off);
  }
}

void checkTanh(const Kernels& k, Random& random) {
  const float scale = random.chance(0.5) ? 1.0f : static_cast<float>(4 * random.unit());
  Row values = valuesOf(random, 6);
  for (size_t i = 0; i < values.size(); i += 2) values[i] = static_cast<float>(random.normal());
  const Row out = mapped(values, [&](const float* from, float* to, int n) { k.hyperbolicTangent(from, scale, to, n); });
  for (size_t i = 0; i < values.size(); i++) {
    // scale · x is rounded once, and the slope of tanh is below 1.
    const double wanted = std::tanh(static_cast<double>(scale * values[i]));
    CHECK_IN(out[i] >= -1 && out[i] <= 1, "tanh %g: %g", scale * values[i], out[i]);
    if (wanted == 0) {
      CHECK(out[i] == 0);
      continue;
    }
    const double off = halfUlps(out[i], wanted);
    CHECK_IN(off <= 8, "tanh %a: %a is %g half ulps off", scale * values[i], out[i], off);
  }
}

}  // namespace

void testFunctions(const Kernels& kernels, const Effort& effort) {
  Random random = effort.random(12);
  for (int round = 0; round < effort.times(400); round++) {
    checkPower(kernels, random);
    checkExponential(kernels, random);
    checkTanh(kernels, random);
  }
}

}  // namespace test
}  // namespace plumbline
