#include "kernels.h"

#if defined(__x86_64__)
extern const plumbline::Kernels kernelsBaseline, kernelsAvx2, kernelsAvx512, kernelsAvx512Vnni, kernelsAvx512Bf16;
#elif defined(__aarch64__)
extern const plumbline::Kernels kernelsNeon;
#elif defined(__wasm__)
extern const plumbline::Kernels kernelsWasm;
#else
extern const plumbline::Kernels kernelsBaseline;
#endif

namespace plumbline {
namespace {

constexpr int kMost = 5;

/// What this processor runs, best first.
int available(const Kernels* (&tables)[kMost]) {
  int n = 0;
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
  const bool vnni = avx512 && __builtin_cpu_supports("avx512vnni");
  if (vnni && __builtin_cpu_supports("avx512bf16")) tables[n++] = &kernelsAvx512Bf16;
  if (vnni) tables[n++] = &kernelsAvx512Vnni;
  if (avx512) tables[n++] = &kernelsAvx512;
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) tables[n++] = &kernelsAvx2;
  tables[n++] = &kernelsBaseline;
#elif defined(__aarch64__)
  tables[n++] = &kernelsNeon;
#elif defined(__wasm__)
  tables[n++] = &kernelsWasm;
#else
  tables[n++] = &kernelsBaseline;
#endif
  return n;
}

bool sameText(const char* a, const char* b) {
  while (*a != 0 && *a == *b) {
    a++;
    b++;
  }
  return *a == *b;
}

}  // namespace

const char* kernelsName(int index) {
  const Kernels* tables[kMost];
  return index < available(tables) ? tables[index]->name : nullptr;
}

const Kernels* chooseKernels(const char* name) {
  const Kernels* tables[kMost];
  const int n = available(tables);
  if (name == nullptr || *name == 0) return tables[0];
  for (int i = 0; i < n; i++) {
    if (sameText(tables[i]->name, name)) return tables[i];
  }
  return nullptr;
}

}  // namespace plumbline
