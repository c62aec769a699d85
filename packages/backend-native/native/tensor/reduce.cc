#include "reduce.h"

#include <math.h>

namespace plumbline::tensor {
namespace {

constexpr int kLanes = 16;
/// Entries that are summed in float32 before the sum goes to float64.
constexpr size_t kShortSum = 256;
constexpr size_t kColumns = 512;
constexpr size_t kShortColumn = 16;

float most(float a, float b) { return a != a ? a : (a > b ? a : b); }
float least(float a, float b) { return a != a ? a : (a < b ? a : b); }

double sumOf(const float* __restrict x, size_t n) {
  double total = 0;
  for (size_t first = 0; first < n; first += kShortSum) {
    const size_t end = smaller(n, first + kShortSum);
    float lanes[kLanes] = {};
    size_t i = first;
    for (; i + kLanes <= end; i += kLanes) {
      for (int l = 0; l < kLanes; l++) lanes[l] += x[i + l];
    }
    for (int l = 0; i < end; i++, l++) lanes[l] += x[i];
    for (int half = kLanes / 2; half > 0; half /= 2) {
      for (int l = 0; l < half; l++) lanes[l] += lanes[l + half];
    }
    total += lanes[0];
  }
  return total;
}

template <float (*kPick)(float, float)>
float extremeOf(const float* __restrict x, size_t n) {
  float lanes[kLanes];
  for (int l = 0; l < kLanes; l++) lanes[l] = x[0];
  size_t i = 0;
  for (; i + kLanes <= n; i += kLanes) {
    for (int l = 0; l < kLanes; l++) lanes[l] = kPick(lanes[l], x[i + l]);
  }
  for (; i < n; i++) lanes[0] = kPick(lanes[0], x[i]);
  for (int l = 1; l < kLanes; l++) lanes[0] = kPick(lanes[0], lanes[l]);
  return lanes[0];
}

double overRun(ReduceOp op, const float* x, size_t n) {
  if (op == kMax) return extremeOf<most>(x, n);
  if (op == kMin) return extremeOf<least>(x, n);
  return sumOf(x, n);
}

double together(ReduceOp op, const double* values, size_t n) {
  double total = op == kSum || op == kMean ? 0 : values[0];
  for (size_t i = 0; i < n; i++) {
    if (op == kMax) total = most(static_cast<float>(total), static_cast<float>(values[i]));
    else if (op == kMin) total = least(static_cast<float>(total), static_cast<float>(values[i]));
    else total += values[i];
  }
  return total;
}

/// Runs that lie together: long ones in pieces, short ones several at a time.
bool overRuns(Device& device, ReduceOp op, const float* x, size_t outer, size_t n, double scale, float* out) {
  const size_t pieces = parts(n, kChunk);
  if (pieces == 1) {
    inPieces(device, outer, larger<size_t>(1, kChunk / n), [&](size_t first, size_t count) {
      for (size_t i = first; i < first + count; i++) out[i] = static_cast<float>(overRun(op, x + i * n, n) * scale);
    });
    return true;
  }
  Array<double> values;
  if (!values.resize(outer * pieces)) return false;
  inPieces(device, outer * pieces, 1, [&](size_t task, size_t) {
    const size_t from = task % pieces * kChunk;
    values[task] = overRun(op, x + task / pieces * n + from, smaller(kChunk, n - from));
  });
  for (size_t i = 0; i < outer; i++) out[i] = static_cast<float>(together(op, values.data() + i * pieces, pieces) * scale);
  return true;
}

void sumColumns(const float* x, size_t n, size_t stride, size_t columns, double scale, float* out) {
  double totals[kColumns] = {};
  for (size_t first = 0; first < n; first += kShortColumn) {
    const size_t end = smaller(n, first + kShortColumn);
    float sums[kColumns];
    for (size_t j = 0; j < columns; j++) sums[j] = 0;
    for (size_t i = first; i < end; i++) {
      const float* row = x + i * stride;
      for (size_t j = 0; j < columns; j++) sums[j] += row[j];
    }
    for (size_t j = 0; j < columns; j++) totals[j] += sums[j];
  }
  for (size_t j = 0; j < columns; j++) out[j] = static_cast<float>(totals[j] * scale);
}

template <float (*kPick)(float, float)>
void extremeColumns(const float* x, size_t n, size_t stride, size_t columns, float* out) {
  float values[kColumns];
  for (size_t j = 0; j < columns; j++) values[j] = x[j];
  for (size_t i = 1; i < n; i++) {
    const float* row = x + i * stride;
    for (size_t j = 0; j < columns; j++) values[j] = kPick(values[j], row[j]);
  }
  for (size_t j = 0; j < columns; j++) out[j] = values[j];
}

}  // namespace

bool reduce(Device& device, ReduceOp op, const float* x, size_t outer, size_t n, size_t inner, float* out) {
  if (outer * inner == 0 || n == 0) return false;
  const double scale = op == kMean ? 1.0 / static_cast<double>(n) : 1.0;
  if (inner == 1) return overRuns(device, op, x, outer, n, scale, out);
  const size_t blocks = parts(inner, kColumns);
  inPieces(device, outer * blocks, larger<size_t>(1, kChunk / (n * smaller(inner, kColumns))), [&](size_t first, size_t count) {
    for (size_t task = first; task < first + count; task++) {
      const size_t i = task / blocks, j = task % blocks * kColumns, columns = smaller(kColumns, inner - j);
      const float* from = x + i * n * inner + j;
      float* to = out + i * inner + j;
      if (op == kMax) extremeColumns<most>(from, n, inner, columns, to);
      else if (op == kMin) extremeColumns<least>(from, n, inner, columns, to);
      else sumColumns(from, n, inner, columns, scale, to);
    }
  });
  return true;
}

}  // namespace plumbline::tensor
