// Low-precision copies: what they say of themselves bounds what they are, in float64.
#include <string.h>

#include "cases.h"
#include "check.h"
#include "themes.h"

namespace plumbline {
namespace test {
namespace {

using Row = std::vector<float>;

constexpr const char* kLevelNames[] = {"fp32", "bf16", "int8", "int16"};

size_t bytesOf(Level level, int width) {
  return static_cast<size_t>(width) * (level == kF32 ? 4 : level == kI8 ? 1 : 2);
}

/// Element i of a copy, as the number that it stands for.
double elementOf(Level level, const std::vector<uint8_t>& bytes, const RowCopy& copy, int i) {
  const uint8_t* at = bytes.data() + bytesOf(level, i);
  float single = 0;
  int16_t word = 0;
  switch (level) {
    case kF32:
      memcpy(&single, at, 4);
      return single;
    case kBf16: {
      memcpy(&word, at, 2);
      const uint32_t bits = static_cast<uint32_t>(static_cast<uint16_t>(word)) << 16;
      memcpy(&single, &bits, 4);
      return single;
    }
    case kI8:
      return static_cast<double>(static_cast<int8_t>(*at)) * copy.scale;
    default:
      memcpy(&word, at, 2);
      return static_cast<double>(word) * copy.scale;
  }
}

/// Integers whose products must not overflow a sum of 32 bits.
void checkIntegers(Level level, const std::vector<uint8_t>& bytes, const RowCopy& copy, int width) {
  int64_t total = 0, squares = 0;
  for (int i = 0; i < width; i++) {
    int16_t value = static_cast<int8_t>(bytes[i]);
    if (level == kI16) memcpy(&value, bytes.data() + 2 * i, 2);
    CHECK_IN(level == kI16 || value >= -127, "int8: %d", value);
    CHECK_IN(value > -32768, "two products of −32768 overflow");
    total += value;
    squares += static_cast<int64_t>(value) * value;
  }
  if (level == kI8) CHECK_IN(copy.offset == -128 * total, "offset %d, not %ld", copy.offset, static_cast<long>(-128 * total));
  // By Cauchy and Schwarz a product of two such rows, and every part of it, fits.
  if (level == kI16) CHECK_IN(squares < INT32_MAX, "n %d: squares %ld", width, static_cast<long>(squares));
}

void checkCopy(const Kernels& k, Level level, const Row& row, RowKind kind, int n) {
  const int width = static_cast<int>(row.size());
  std::vector<uint8_t> bytes(bytesOf(level, width), 0xee);
  const RowCopy copy = k.copyRow[level](row.data(), width, bytes.data());
  double norm = 0, lost = 0, most = 0;
  for (int i = 0; i < width; i++) {
    const double element = elementOf(level, bytes, copy, i), rest = row[i] - element;
    norm += element * element;
    lost += rest * rest;
    most = larger(most, std::abs(static_cast<double>(row[i])));
    if (i >= n) CHECK_IN(element == 0, "padding of %s is not zero", kLevelNames[level]);
  }
  norm = std::sqrt(norm);
  lost = std::sqrt(lost);
  const char* name = kLevelNames[level];
  CHECK_IN(copy.norm >= norm, "%s, n %d, %s: norm %a, below %a", name, n, nameOf(kind), copy.norm, norm);
  CHECK_IN(copy.error >= lost, "%s, n %d, %s: error %a, below %a", name, n, nameOf(kind), copy.error, lost);
  // Bounds that are loose would only cost time; these say how loose they may be.
  const double share = 1.001 + width * 2e-7, tiny = width * 1e-30;
  CHECK_IN(copy.norm <= norm * share + tiny, "%s, n %d, %s: norm %a, far above %a", name, n, nameOf(kind), copy.norm, norm);
  const double whole = normOf(row), largest = level == kF32    ? 0
                                              : level == kBf16 ? whole / 256
                                                               : 0.5 * copy.scale * std::sqrt(n) + 1e-6 * whole;
  CHECK_IN(copy.error <= largest * share + tiny, "%s, n %d, %s: error %a, far above %a", name, n, nameOf(kind), copy.error, largest);
  if (level == kI8 && most > 1e-29) CHECK_IN(copy.scale <= most / 126, "int8 wastes its range");
  if (level == kI8 || level == kI16) checkIntegers(level, bytes, copy, width);
}

}  // namespace

void testCopies(const Kernels& kernels, const Effort& effort) {
  Random random = effort.random(13);
  for (int round = 0; round < effort.times(4); round++) {
    for (const int n : kWidths) {
      for (int kind = 0; kind < kRowKinds; kind++) {
        const Row row = makeRow(random, static_cast<RowKind>(kind), n);
        for (int level = 0; level < kLevels; level++) {
          checkCopy(kernels, static_cast<Level>(level), row, static_cast<RowKind>(kind), n);
        }
      }
    }
  }
  // Where the int16 copy could overflow: wide rows of one value, whose integers all round up.
  for (const int n : {1, 2, 4, 1024, 16384, 65536}) {
    const Row row(paddedWidth(n), 0.7f);
    for (int level = 0; level < kLevels; level++) checkCopy(kernels, static_cast<Level>(level), row, kEqual, paddedWidth(n));
  }
}

}  // namespace test
}  // namespace plumbline
