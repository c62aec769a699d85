// Small algorithms on plain arrays, against the standard library.
#include "../core/numbers.h"

#include <algorithm>

#include "../core/candidates.h"
#include "cases.h"
#include "check.h"
#include "themes.h"

namespace plumbline {
namespace test {
namespace {

using Row = std::vector<float>;

/// Few different values where ties are wanted.
Row valuesOf(Random& random, int n) {
  const bool ties = random.chance(0.5);
  Row values(n);
  for (float& value : values) value = ties ? static_cast<float>(random.below(4)) : static_cast<float>(random.normal());
  return values;
}

void checkOrder(Random& random) {
  const int n = random.between(1, 200), k = random.between(1, n);
  const Row values = valuesOf(random, n);
  Row sorted = values, reordered = values;
  std::sort(sorted.begin(), sorted.end(), std::greater<float>());
  const float found = kthLargest(reordered.data(), n, k);
  CHECK_IN(found == sorted[k - 1], "largest %d of %d: %g, not %g", k, n, found, sorted[k - 1]);
  std::sort(reordered.begin(), reordered.end(), std::greater<float>());
  CHECK(reordered == sorted);

  std::vector<int32_t> order(n), keys(n);
  for (int i = 0; i < n; i++) order[i] = keys[i] = i * 3;
  for (int i = n - 1; i > 0; i--) std::swap(keys[i], keys[random.below(i + 1)]);
  Row carried(n);
  for (int i = 0; i < n; i++) carried[i] = static_cast<float>(2 * keys[i]);
  sortPairs(keys.data(), carried.data(), n);
  CHECK(keys == order);
  for (int i = 0; i < n; i++) CHECK(carried[i] == static_cast<float>(2 * keys[i]));
}

void checkReachedBy(const Kernels& kernels, Random& random) {
  const int n = random.between(1, 300), k = random.between(1, n);
  const Row values = valuesOf(random, n);
  const float least = *std::min_element(values.begin(), values.end());
  const float found = reachedBy(kernels, values.data(), n, k, least);
  int reached = 0;
  for (const float value : values) reached += value >= found ? 1 : 0;
  CHECK_IN(reached >= k, "%d of %d reach %g, not %d", reached, n, found, k);
}

void checkArray() {
  Array<float> array;
  CHECK(array.size() == 0 && array.data() == nullptr);
  CHECK(array.resize(0));
  CHECK(array.resize(5) && array.size() == 5);
  for (size_t i = 0; i < 5; i++) CHECK(array[i] == 0);
  CHECK(reinterpret_cast<uintptr_t>(array.data()) % 64 == 0);
  array.fill(2);
  CHECK(array.resize(3) && array.size() == 3 && array[2] == 2);
  CHECK(array.resize(500) && array.size() == 500);
  // More than any machine has: refused, and the array stays usable.
  CHECK(!array.resize(static_cast<size_t>(1) << 58) && array.size() == 0);
  CHECK(array.resize(4));
  array.clear();
  CHECK(array.size() == 0 && array.data() == nullptr);
}

}  // namespace

void testNumbers(const Kernels& kernels, const Effort& effort) {
  Random random = effort.random(15);
  for (int round = 0; round < effort.times(300); round++) {
    checkOrder(random);
    checkReachedBy(kernels, random);
  }
  checkArray();
}

}  // namespace test
}  // namespace plumbline
