// Small algorithms on plain arrays.
#pragma once
#include "platform.h"

namespace plumbline {

/// The k-th largest of n values (k from 1), which are put in another order.
inline float kthLargest(float* values, size_t n, size_t k) {
  size_t low = 0, high = n - 1;
  const size_t wanted = k - 1;
  while (low < high) {
    const float pivot = values[low + (high - low) / 2];
    size_t i = low, j = high;
    while (i <= j) {
      while (values[i] > pivot) i++;
      while (pivot > values[j]) j--;
      if (i <= j) {
        const float swap = values[i];
        values[i] = values[j];
        values[j] = swap;
        i++;
        if (j == 0) break;
        j--;
      }
    }
    if (wanted <= j && j < i) {
      high = j;
    } else if (wanted >= i) {
      low = i;
    } else {
      return values[wanted];
    }
  }
  return values[wanted];
}

/// Sorts indices ascending and their values with them: insertion for short lists, else a heap.
inline void sortPairs(int32_t* index, float* value, size_t n) {
  const auto swap = [&](size_t a, size_t b) {
    const int32_t i = index[a];
    index[a] = index[b];
    index[b] = i;
    const float v = value[a];
    value[a] = value[b];
    value[b] = v;
  };
  if (n <= 48) {
    for (size_t i = 1; i < n; i++) {
      const int32_t key = index[i];
      const float carried = value[i];
      size_t j = i;
      for (; j > 0 && index[j - 1] > key; j--) {
        index[j] = index[j - 1];
        value[j] = value[j - 1];
      }
      index[j] = key;
      value[j] = carried;
    }
    return;
  }
  const auto sink = [&](size_t root, size_t end) {
    for (size_t child = 2 * root + 1; child < end; child = 2 * root + 1) {
      if (child + 1 < end && index[child] < index[child + 1]) child++;
      if (index[root] >= index[child]) return;
      swap(root, child);
      root = child;
    }
  };
  for (size_t i = n / 2; i-- > 0;) sink(i, n);
  for (size_t end = n; end-- > 1;) {
    swap(0, end);
    sink(0, end);
  }
}

}  // namespace plumbline
