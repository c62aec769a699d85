#include "top_k.h"

#include <string.h>

#include <algorithm>

namespace plumbline::tensor {
namespace {

/// Rows of this size are searched by all threads, one after the other.
constexpr size_t kLongRow = 1 << 18;
constexpr size_t kPiece = 1 << 16;
constexpr size_t kMostGroups = 1024;
/// Entries that are compared at once while candidates are collected.
constexpr size_t kStride = 64;

/// An unsigned number that orders as the value does; both zeros are one, NaN is smallest.
uint32_t keyOf(float value) {
  if (value != value) return 0;
  value += 0.0f;
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits ^ ((bits >> 31) != 0 ? 0xffffffffu : 0x80000000u);
}

/// Orders by value, then by lower index, in one number.
uint64_t rankOf(float value, size_t index) {
  return static_cast<uint64_t>(keyOf(value)) << 32 | (0xffffffffu - static_cast<uint32_t>(index));
}
size_t indexOf(uint64_t rank) { return 0xffffffffu - static_cast<uint32_t>(rank); }

void put(uint64_t* ranks, size_t count, size_t k, const float* x, float* values, int32_t* indices) {
  if (count > k) std::nth_element(ranks, ranks + k, ranks + count, std::greater<uint64_t>());
  std::sort(ranks, ranks + k, std::greater<uint64_t>());
  for (size_t i = 0; i < k; i++) {
    indices[i] = static_cast<int32_t>(indexOf(ranks[i]));
    values[i] = x[indices[i]];
  }
}

/// A value that at least k entries reach: entries are dealt into more groups than k, and k of the groups have a maximum there.
float reachedByK(const float* __restrict x, size_t n, size_t k, size_t nGroups) {
  float most[kMostGroups];
  memcpy(most, x, nGroups * sizeof(float));
  for (size_t i = nGroups; i + nGroups <= n; i += nGroups) {
    for (size_t g = 0; g < nGroups; g++) most[g] = x[i + g] > most[g] ? x[i + g] : most[g];
  }
  std::nth_element(most, most + k - 1, most + nGroups, [](float a, float b) { return keyOf(a) > keyOf(b); });
  return most[k - 1];
}

/// Entries that reach a bound with at least k above it; false where there are more than fit.
bool collect(const Kernels& kernels, const float* x, size_t n, float bound, Array<uint64_t>& ranks, size_t& count) {
  count = 0;
  for (size_t first = 0; first < n; first += kStride) {
    const size_t size = smaller(kStride, n - first);
    if (kernels.countAtLeast(x + first, static_cast<int>(size), bound) == 0) continue;
    if (count + size > ranks.size()) return false;
    for (size_t i = first; i < first + size; i++) {
      if (x[i] >= bound) ranks[count++] = rankOf(x[i], i);
    }
  }
  return true;
}

/// Finds the key of the k-th largest entry digit by digit, from counts; then takes what is above, and ties from the front.
class Digits {
 public:
  Digits(Pool* pool, const float* x, size_t n, size_t k) : pool_(pool), x_(x), n_(n), k_(k), nPieces_(parts(n, kPiece)) {}

  bool find(Array<uint64_t>& ranks) {
    if (!counts_.resize(nPieces_ * kBuckets) || !ranks.resize(k_)) return false;
    size_t left = k_;
    for (const int shift : {21, 10, 0}) digit(shift, left);
    take(left, ranks.data());
    return true;
  }

 private:
  static constexpr size_t kBuckets = 2048;

  template <class Work>
  void pieces(const Work& work) {
    const auto piece = [&](int p, int) { work(p, p * kPiece, smaller(n_, (p + 1) * kPiece)); };
    if (pool_ != nullptr) return parallelFor(*pool_, static_cast<int>(nPieces_), piece);
    for (size_t p = 0; p < nPieces_; p++) piece(static_cast<int>(p), 0);
  }

  /// Fixes the bits from `shift` on; `left` is how many of those that agree so far are still wanted.
  void digit(int shift, size_t& left) {
    const uint32_t mask = shift == 0 ? 1023 : 2047;
    pieces([&](size_t p, size_t first, size_t end) {
      uint32_t* counts = counts_.data() + p * kBuckets;
      memset(counts, 0, kBuckets * sizeof(uint32_t));
      for (size_t i = first; i < end; i++) {
        const uint32_t key = keyOf(x_[i]);
        if ((key & fixed_) == key_) counts[key >> shift & mask]++;
      }
    });
    for (size_t bucket = mask;; bucket--) {
      size_t total = 0;
      for (size_t p = 0; p < nPieces_; p++) total += counts_[p * kBuckets + bucket];
      if (total >= left || bucket == 0) {
        key_ |= static_cast<uint32_t>(bucket) << shift;
        fixed_ |= mask << shift;
        return;
      }
      left -= total;
    }
  }

  /// Of entries with the last key, the first `ties`.
  void take(size_t ties, uint64_t* ranks) {
    pieces([&](size_t p, size_t first, size_t end) {
      uint32_t above = 0, same = 0;
      for (size_t i = first; i < end; i++) {
        const uint32_t key = keyOf(x_[i]);
        above += key > key_ ? 1 : 0;
        same += key == key_ ? 1 : 0;
      }
      counts_[p * kBuckets] = above;
      counts_[p * kBuckets + 1] = same;
    });
    size_t start = 0;
    for (size_t p = 0; p < nPieces_; p++) {
      uint32_t* counts = counts_.data() + p * kBuckets;
      counts[1] = static_cast<uint32_t>(smaller<size_t>(counts[1], ties));
      ties -= counts[1];
      const uint32_t here = counts[0] + counts[1];
      counts[0] = static_cast<uint32_t>(start);
      start += here;
    }
    pieces([&](size_t p, size_t first, size_t end) {
      uint64_t* out = ranks + counts_[p * kBuckets];
      uint32_t same = counts_[p * kBuckets + 1];
      for (size_t i = first; i < end; i++) {
        const uint32_t key = keyOf(x_[i]);
        if (key < key_ || (key == key_ && same == 0)) continue;
        if (key == key_) same--;
        *out++ = rankOf(x_[i], i);
      }
    });
  }

  Pool* pool_;
  const float* x_;
  size_t n_, k_, nPieces_;
  uint32_t key_ = 0, fixed_ = 0;
  Array<uint32_t> counts_;
};

bool row(const Kernels& kernels, Pool* pool, const float* x, size_t n, size_t k, Array<uint64_t>& ranks, float* values,
         int32_t* indices) {
  const size_t nGroups = roundUp(2 * k, kStride);
  if (nGroups <= kMostGroups && 4 * nGroups <= n) {
    const float bound = reachedByK(x, n, k, nGroups);
    size_t count = 0;
    if (!ranks.resize(8 * nGroups)) return false;
    if (collect(kernels, x, n, bound, ranks, count) && count >= k) {
      put(ranks.data(), count, k, x, values, indices);
      return true;
    }
  }
  if (!Digits(pool, x, n, k).find(ranks)) return false;
  put(ranks.data(), k, k, x, values, indices);
  return true;
}

}  // namespace

bool topK(Device& device, const float* x, size_t rows, size_t n, size_t k, float* values, int32_t* indices) {
  if (n >= kLongRow) {
    Array<uint64_t> ranks;
    for (size_t i = 0; i < rows; i++) {
      if (!row(*device.kernels, device.pool.get(), x + i * n, n, k, ranks, values + i * k, indices + i * k)) return false;
    }
    return true;
  }
  const size_t nThreads = device.pool->threads(), rowsEach = larger<size_t>(1, kChunk / n);
  std::unique_ptr<Array<uint64_t>[]> ranks(new Array<uint64_t>[nThreads]);
  std::unique_ptr<bool[]> failed(new bool[nThreads]());
  parallelFor(*device.pool, static_cast<int>(parts(rows, rowsEach)), [&](int task, int thread) {
    const size_t end = smaller(rows, (task + 1) * rowsEach);
    for (size_t i = task * rowsEach; i < end; i++) {
      failed[thread] |= !row(*device.kernels, nullptr, x + i * n, n, k, ranks[thread], values + i * k, indices + i * k);
    }
  });
  return std::none_of(failed.get(), failed.get() + nThreads, [](bool f) { return f; });
}

}  // namespace plumbline::tensor
