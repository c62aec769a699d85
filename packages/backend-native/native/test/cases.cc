#include "cases.h"

#include <string.h>

namespace plumbline {
namespace test {

uint64_t Random::bits() {
  uint64_t z = (state_ += 0x9e3779b97f4a7c15ull);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

double Random::normal() {
  // The sum of twelve is near enough, and needs no library function.
  double sum = -6;
  for (int i = 0; i < 12; i++) sum += unit();
  return sum;
}

const char* nameOf(RowKind kind) {
  constexpr const char* kNames[] = {"ordinary", "subnormal", "very small", "very large", "zeros",
                                    "spiky",    "sparse",    "equal",      "powers of two"};
  return kNames[kind];
}

void fillRow(Random& random, RowKind kind, float* out, int n, int padded) {
  const int spike = random.below(n);
  const float same = static_cast<float>(random.normal());
  for (int i = 0; i < padded; i++) {
    const double value = random.normal();
    double chosen = value;
    switch (kind) {
      case kSubnormal:
        chosen = value * 1e-38;
        break;
      case kVerySmall:
        chosen = value * 1e-25;
        break;
      case kVeryLarge:
        chosen = value * 1e30;
        break;
      case kZeros:
        chosen = 0;
        break;
      case kSpiky:
        chosen = i == spike ? value * 1000 : value;
        break;
      case kSparse:
        chosen = random.chance(0.1) ? value : 0;
        break;
      case kEqual:
        chosen = same;
        break;
      case kPowersOfTwo:
        chosen = ldexp(random.chance(0.5) ? 1 : -1, random.between(-20, 20));
        break;
      default:
        break;
    }
    out[i] = i < n ? static_cast<float>(chosen) : 0.0f;
  }
}

std::vector<float> makeRow(Random& random, RowKind kind, int n) {
  std::vector<float> row(static_cast<size_t>(paddedWidth(n)));
  fillRow(random, kind, row.data(), n, paddedWidth(n));
  return row;
}

double normOf(const std::vector<float>& row) {
  double sum = 0;
  for (const float value : row) sum += static_cast<double>(value) * value;
  return sqrt(sum);
}

bool sameBits(const float* a, const float* b, size_t n) { return n == 0 || memcmp(a, b, n * sizeof(float)) == 0; }

}  // namespace test
}  // namespace plumbline
