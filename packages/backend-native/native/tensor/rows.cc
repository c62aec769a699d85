#include "rows.h"

#include <string.h>

namespace plumbline::tensor {
namespace {

/// Below this many numbers a plain loop in order costs less than sorting.
constexpr size_t kFewNumbers = 1 << 14;

bool allInside(const int32_t* indices, size_t n, size_t size) {
  for (size_t i = 0; i < n; i++) {
    if (indices[i] < 0 || static_cast<size_t>(indices[i]) >= size) return false;
  }
  return true;
}

/// Rows have any width; the loops of the table take a multiple of kRowUnit.
int wholeUnits(size_t width) { return static_cast<int>(width / kRowUnit * kRowUnit); }

/// Choices by index: those of index i are `start[i]` … `start[i + 1]`, in the order of tokens.
struct ByIndex {
  Array<uint32_t> start;
  Array<int32_t> token;
  Array<float> value;

  bool sort(const Choice& c, size_t size) {
    const size_t n = c.tokens * c.perToken;
    if (!start.resize(size + 2) || !token.resize(n) || !value.resize(n)) return false;
    start.fill(0);
    // Counts lie two places ahead, so that filling turns them into starts.
    for (size_t i = 0; i < n; i++) {
      if (static_cast<uint32_t>(c.indices[i]) < size) start[c.indices[i] + 2]++;
    }
    for (size_t i = 2; i < size + 2; i++) start[i] += start[i - 1];
    for (size_t i = 0; i < n; i++) {
      if (static_cast<uint32_t>(c.indices[i]) >= size) continue;
      const uint32_t at = start[c.indices[i] + 1]++;
      token[at] = static_cast<int32_t>(i / c.perToken);
      value[at] = c.values == nullptr ? 1.0f : c.values[i];
    }
    return true;
  }
};

void inOrder(const Choice& c, const float* y, size_t width, size_t size, float* out) {
  const size_t n = c.tokens * c.perToken;
  for (size_t i = 0; i < n; i++) {
    if (static_cast<uint32_t>(c.indices[i]) >= size) continue;
    const float value = c.values == nullptr ? 1.0f : c.values[i];
    const float* from = y + i / c.perToken * width;
    float* to = out + static_cast<size_t>(c.indices[i]) * width;
    for (size_t j = 0; j < width; j++) to[j] += value * from[j];
  }
}

}  // namespace

bool gather(Device& device, const float* x, size_t outer, size_t size, size_t inner, const int32_t* indices, size_t n,
            float* out) {
  if (!allInside(indices, n, size)) return false;
  if (n * inner == 0) return true;
  inPieces(device, outer * n, larger<size_t>(1, kChunk / inner), [&](size_t first, size_t count) {
    for (size_t i = first; i < first + count; i++) {
      const float* from = x + (i / n * size + indices[i % n]) * inner;
      if (inner == 1) {
        out[i] = *from;
      } else {
        memcpy(out + i * inner, from, inner * sizeof(float));
      }
    }
  });
  return true;
}

bool accumulateRows(Device& device, const Choice& c, const float* y, size_t width, size_t size, bool mayBeOutside, float* out) {
  const size_t n = c.tokens * c.perToken;
  if (!mayBeOutside && !allInside(c.indices, n, size)) return false;
  if (width < kRowUnit || n * width < kFewNumbers) {
    inOrder(c, y, width, size, out);
    return true;
  }
  ByIndex by;
  if (!by.sort(c, size)) return false;
  const int whole = wholeUnits(width);
  inPieces(device, size, larger<size_t>(1, 4096 / width), [&](size_t first, size_t count) {
    for (size_t row = first; row < first + count; row++) {
      const uint32_t from = by.start[row], end = by.start[row + 1];
      if (from == end) continue;
      float* to = out + row * width;
      device.kernels->combineRows(to, y, width, by.token.data() + from, by.value.data() + from, static_cast<int>(end - from), to,
                                  whole);
      for (uint32_t i = from; i < end; i++) {
        for (size_t j = whole; j < width; j++) to[j] += by.value[i] * y[by.token[i] * width + j];
      }
    }
  });
  return true;
}

bool combineRows(Device& device, const Choice& c, const float* rows, const float* bias, size_t width, size_t size, float* out) {
  if (!allInside(c.indices, c.tokens * c.perToken, size)) return false;
  const int whole = wholeUnits(width), k = static_cast<int>(c.perToken);
  inPieces(device, c.tokens, larger<size_t>(1, kChunk / (width * larger(k, 1))), [&](size_t first, size_t count) {
    for (size_t token = first; token < first + count; token++) {
      const int32_t* indices = c.indices + token * k;
      const float* values = c.values + token * k;
      float* to = out + token * width;
      memcpy(to, bias, width * sizeof(float));
      if (whole > 0 && k > 0) device.kernels->combineRows(to, rows, width, indices, values, k, to, whole);
      for (int i = 0; i < k; i++) {
        for (size_t j = whole; j < width; j++) to[j] += values[i] * rows[indices[i] * width + j];
      }
    }
  });
  return true;
}

bool dotRows(Device& device, const Choice& c, const float* rows, const float* y, size_t width, size_t size, float* out) {
  if (!allInside(c.indices, c.tokens * c.perToken, size)) return false;
  const int whole = wholeUnits(width), k = static_cast<int>(c.perToken);
  inPieces(device, c.tokens, larger<size_t>(1, kChunk / (width * larger(k, 1))), [&](size_t first, size_t count) {
    for (size_t token = first; token < first + count; token++) {
      const int32_t* indices = c.indices + token * k;
      const float* from = y + token * width;
      float* to = out + token * k;
      if (k > 0) device.kernels->dotRows(from, rows, width, indices, k, whole, to);
      for (int i = 0; i < k; i++) {
        for (size_t j = whole; j < width; j++) to[i] += from[j] * rows[indices[i] * width + j];
      }
    }
  });
  return true;
}

}  // namespace plumbline::tensor
