#include "elementwise.h"

#include <math.h>

namespace plumbline::tensor {
namespace {

template <int kOp>
float two(float a, float b) {
  if (kOp == kAdd) return a + b;
  if (kOp == kSubtract) return a - b;
  if (kOp == kMultiply) return a * b;
  if (kOp == kDivide) return a / b;
  // The first comparison lets a NaN in b through, the second one in a.
  if (kOp == kMaximum) return a != a ? a : (a > b ? a : b);
  if (kOp == kMinimum) return a != a ? a : (a < b ? a : b);
  return (a - b) * (a - b);
}

template <int kOp>
uint8_t holds(float a, float b) {
  if (kOp == kGreater) return a > b;
  if (kOp == kGreaterEqual) return a >= b;
  if (kOp == kLess) return a < b;
  if (kOp == kLessEqual) return a <= b;
  if (kOp == kEqual) return a == b;
  return a != b;
}

template <int kOp>
float one(float x, float parameter) {
  if (kOp == kRelu) return x <= 0 ? 0 : x;
  if (kOp == kStep) return x > 0 ? 1 : (x <= 0 ? parameter : x);
  if (kOp == kSquare) return x * x;
  if (kOp == kSquareRoot) return sqrtf(x);
  if (kOp == kInverseRoot) return 1 / sqrtf(x);
  if (kOp == kNegative) return -x;
  return fabsf(x);
}

template <class R>
using RowLoop = void (*)(const float* a, bool aMoves, const float* b, bool bMoves, R* out, size_t n);

template <class R, R (*kFunction)(float, float)>
void rowLoop(const float* __restrict a, bool aMoves, const float* __restrict b, bool bMoves, R* __restrict out, size_t n) {
  if (aMoves && bMoves) {
    for (size_t i = 0; i < n; i++) out[i] = kFunction(a[i], b[i]);
  } else if (aMoves) {
    const float y = *b;
    for (size_t i = 0; i < n; i++) out[i] = kFunction(a[i], y);
  } else if (bMoves) {
    const float x = *a;
    for (size_t i = 0; i < n; i++) out[i] = kFunction(x, b[i]);
  } else {
    const R value = kFunction(*a, *b);
    for (size_t i = 0; i < n; i++) out[i] = value;
  }
}

const RowLoop<float> binaryLoops[kBinaryOps] = {
    rowLoop<float, two<kAdd>>,     rowLoop<float, two<kSubtract>>, rowLoop<float, two<kMultiply>>,
    rowLoop<float, two<kDivide>>,  rowLoop<float, two<kMaximum>>,  rowLoop<float, two<kMinimum>>,
    rowLoop<float, two<kSquaredDifference>>,
};
const RowLoop<uint8_t> compareLoops[kCompareOps] = {
    rowLoop<uint8_t, holds<kGreater>>,   rowLoop<uint8_t, holds<kGreaterEqual>>, rowLoop<uint8_t, holds<kLess>>,
    rowLoop<uint8_t, holds<kLessEqual>>, rowLoop<uint8_t, holds<kEqual>>,        rowLoop<uint8_t, holds<kNotEqual>>,
};

template <int kOp>
void unaryLoop(const float* __restrict x, float parameter, float* __restrict out, size_t n) {
  for (size_t i = 0; i < n; i++) out[i] = one<kOp>(x[i], parameter);
}
void (*const unaryLoops[kFirstValueFunction])(const float*, float, float*, size_t) = {
    unaryLoop<kRelu>,        unaryLoop<kStep>,     unaryLoop<kSquare>,   unaryLoop<kSquareRoot>,
    unaryLoop<kInverseRoot>, unaryLoop<kNegative>, unaryLoop<kAbsolute>,
};

/// Where the inputs are at the start of a row of the output, row after row.
class Cursor {
 public:
  Cursor(const Walk& walk, size_t row) : walk_(walk) {
    for (int d = walk.nDims - 2; d >= 0; d--) {
      at_[d] = static_cast<int32_t>(row % walk.size[d]);
      row /= walk.size[d];
      a += static_cast<size_t>(at_[d]) * walk.a[d];
      b += static_cast<size_t>(at_[d]) * walk.b[d];
    }
  }
  void next() {
    for (int d = walk_.nDims - 2; d >= 0; d--) {
      a += walk_.a[d];
      b += walk_.b[d];
      if (++at_[d] < walk_.size[d]) return;
      a -= static_cast<size_t>(walk_.size[d]) * walk_.a[d];
      b -= static_cast<size_t>(walk_.size[d]) * walk_.b[d];
      at_[d] = 0;
    }
  }
  size_t a = 0, b = 0;

 private:
  const Walk& walk_;
  int32_t at_[kMostDims] = {};
};

template <class R>
void walkRows(Device& device, RowLoop<R> loop, const Walk& walk, const float* a, const float* b, R* out) {
  const int last = walk.nDims - 1;
  const size_t inner = walk.size[last];
  size_t outer = 1;
  for (int d = 0; d < last; d++) outer *= walk.size[d];
  if (outer * inner == 0) return;
  // Long rows are cut, short ones taken together.
  const size_t pieces = parts(inner, kChunk), rowsEach = larger<size_t>(1, kChunk / inner);
  parallelFor(*device.pool, static_cast<int>(parts(outer, rowsEach) * pieces), [&](int task, int) {
    const size_t from = task % pieces * kChunk, n = smaller(kChunk, inner - from);
    const size_t first = task / pieces * rowsEach, end = smaller(outer, first + rowsEach);
    const bool aMoves = walk.a[last] != 0, bMoves = walk.b[last] != 0;
    Cursor at(walk, first);
    for (size_t row = first; row < end; row++, at.next()) {
      loop(a + at.a + (aMoves ? from : 0), aMoves, b + at.b + (bMoves ? from : 0), bMoves, out + row * inner + from, n);
    }
  });
}

}  // namespace

void binary(Device& device, BinaryOp op, const Walk& walk, const float* a, const float* b, float* out) {
  walkRows(device, binaryLoops[op], walk, a, b, out);
}

void compare(Device& device, CompareOp op, const Walk& walk, const float* a, const float* b, uint8_t* out) {
  walkRows(device, compareLoops[op], walk, a, b, out);
}

void unary(Device& device, UnaryOp op, float parameter, const float* x, float* out, size_t n) {
  inPieces(device, n, kChunk, [&](size_t first, size_t count) {
    if (op < kFirstValueFunction) {
      unaryLoops[op](x + first, parameter, out + first, count);
    } else {
      device.kernels->valueFunction[op - kFirstValueFunction](x + first, out + first, static_cast<int>(count));
    }
  });
}

void choose(Device& device, const uint8_t* condition, const float* a, const float* b, float* out, size_t n) {
  inPieces(device, n, kChunk, [&](size_t first, size_t count) {
    for (size_t i = first; i < first + count; i++) out[i] = condition[i] != 0 ? a[i] : b[i];
  });
}

void floatsFromBytes(Device& device, const uint8_t* x, float* out, size_t n) {
  inPieces(device, n, kChunk, [&](size_t first, size_t count) {
    for (size_t i = first; i < first + count; i++) out[i] = x[i];
  });
}

void floatsFromInts(Device& device, const int32_t* x, float* out, size_t n) {
  inPieces(device, n, kChunk, [&](size_t first, size_t count) {
    for (size_t i = first; i < first + count; i++) out[i] = static_cast<float>(x[i]);
  });
}

void bytesFromFloats(Device& device, const float* x, uint8_t* out, size_t n) {
  inPieces(device, n, kChunk, [&](size_t first, size_t count) {
    for (size_t i = first; i < first + count; i++) out[i] = x[i] != 0;
  });
}

}  // namespace plumbline::tensor
