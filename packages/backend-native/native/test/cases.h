// Random numbers, the kinds of rows that have gone wrong elsewhere, and what rounding may do.
#pragma once
#include <cmath>
#include <vector>

#include "../core/kernels.h"

namespace plumbline {
namespace test {

/// 2^-24, half a unit in the last place
constexpr double kHalfUlp = 1.0 / 16777216;
/// An upper bound of what one underflow to a subnormal loses.
constexpr double kLeastFloat = 1.5e-45;

/// The same numbers on every machine (splitmix64).
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed * 0x9e3779b97f4a7c15ull + 1) {}
  uint64_t bits();
  /// 0 … n − 1
  int below(int n) { return static_cast<int>(bits() % static_cast<uint64_t>(n)); }
  /// first … last
  int between(int first, int last) { return first + below(last - first + 1); }
  double unit() { return static_cast<double>(bits() >> 11) / 9007199254740992.0; }
  double normal();
  bool chance(double p) { return unit() < p; }

 private:
  uint64_t state_;
};

/// kSubnormal: about 1e-38; kSpiky: one value a thousand times the others.
enum RowKind : int {
  kOrdinary, kSubnormal, kVerySmall, kVeryLarge, kZeros, kSpiky, kSparse, kEqual, kPowersOfTwo, kRowKinds
};
const char* nameOf(RowKind kind);

/// Fills n numbers, then zeros up to `padded`.
void fillRow(Random& random, RowKind kind, float* out, int n, int padded);
/// A row of exactly the padded width, so that reading beyond it is seen.
std::vector<float> makeRow(Random& random, RowKind kind, int n);

inline int paddedWidth(int n) { return static_cast<int>(roundUp(static_cast<size_t>(n), kRowUnit)); }
double normOf(const std::vector<float>& row);
/// Same bits, which also tells NaN from NaN and 0 from −0.
bool sameBits(const float* a, const float* b, size_t n);

/// Widths around every border of a vector, of a pair of them, and of a cache line.
constexpr int kWidths[] = {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 47, 48, 63, 64, 65, 96, 127, 130, 200, 1023, 2048};

}  // namespace test
}  // namespace plumbline
