// What is tested, one file a theme.
#pragma once
#include "cases.h"

namespace plumbline {
namespace test {

/// How many random cases a theme runs, and which.
struct Effort {
  int percent = 100;
  uint64_t seed = 0;
  int times(int usual) const { return larger(1, usual * percent / 100); }
  Random random(uint64_t theme) const { return Random(seed * 100 + theme); }
};

void testRows(const Kernels& kernels, const Effort& effort);
void testFunctions(const Kernels& kernels, const Effort& effort);
void testCopies(const Kernels& kernels, const Effort& effort);
void testGemm(const Kernels& kernels, const Effort& effort);
void testNumbers(const Kernels& kernels, const Effort& effort);
void testBounds(const Kernels& kernels, const Effort& effort);
void testScreen(const Kernels& kernels, const Effort& effort);
void testSelect(const Kernels& kernels, const Effort& effort);
void testApi(const Kernels& kernels, const Effort& effort);
void testEncode(const Kernels& kernels, const Effort& effort);
void testStep(const Kernels& kernels, const Effort& effort);
void testThreads(const Kernels& kernels, const Effort& effort);
void testTensors(const Kernels& kernels, const Effort& effort);

}  // namespace test
}  // namespace plumbline
