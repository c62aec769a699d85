// One vector type per instruction set, chosen by the compiler's flags. Everything is in an unnamed namespace: the same
// names are compiled several times with different flags and must never be merged by the linker.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#if defined(__AVX512F__) || defined(__AVX2__) || defined(__SSE2__)
#include <immintrin.h>
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#elif defined(__wasm_simd128__)
#include <wasm_simd128.h>
#endif

namespace {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
#elif defined(__AVX2__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif

typedef float Vf __attribute__((vector_size(kLanes * 4)));
typedef int32_t Vi __attribute__((vector_size(kLanes * 4)));
// Rows may be any float array, so loads are not aligned by type.
typedef float VfAny __attribute__((vector_size(kLanes * 4), aligned(4), may_alias));
typedef int32_t ViAny __attribute__((vector_size(kLanes * 4), aligned(4), may_alias));

inline Vf load(const float* p) { return *reinterpret_cast<const VfAny*>(p); }
inline void store(float* p, Vf v) { *reinterpret_cast<VfAny*>(p) = v; }
inline Vf splat(float x) { return x - Vf{}; }
inline Vi splatInt(int32_t x) { return x - Vi{}; }
inline Vf toFloat(Vi v) { return __builtin_convertvector(v, Vf); }
inline Vf bitsAsFloat(Vi v) { return reinterpret_cast<Vf>(v); }
inline Vi floatAsBits(Vf v) { return reinterpret_cast<Vi>(v); }
/// lanes of `a` where the mask is set, of `b` elsewhere
inline Vf select(Vi mask, Vf a, Vf b) {
  return bitsAsFloat((floatAsBits(a) & mask) | (floatAsBits(b) & ~mask));
}
inline Vf maxOf(Vf a, Vf b) { return select(a > b, a, b); }

/// One bit a lane where a ≥ b; false for NaN.
inline uint32_t atLeast(Vf a, Vf b) {
#if defined(__AVX512F__)
  return _mm512_cmp_ps_mask(reinterpret_cast<__m512>(a), reinterpret_cast<__m512>(b), _CMP_GE_OQ);
#elif defined(__AVX2__)
  return static_cast<uint32_t>(_mm256_movemask_ps(reinterpret_cast<__m256>(a >= b)));
#elif defined(__SSE2__)
  return static_cast<uint32_t>(_mm_movemask_ps(reinterpret_cast<__m128>(a >= b)));
#elif defined(__wasm_simd128__)
  return wasm_i32x4_bitmask(reinterpret_cast<v128_t>(a >= b));
#elif defined(__ARM_NEON)
  const Vi bits = (a >= b) & Vi{1, 2, 4, 8};
  return static_cast<uint32_t>(vaddvq_s32(reinterpret_cast<int32x4_t>(bits)));
#else
  const Vi mask = a >= b;
  uint32_t bits = 0;
  for (int i = 0; i < kLanes; i++) bits |= (mask[i] != 0 ? 1u : 0u) << i;
  return bits;
#endif
}

inline Vf squareRoot(Vf v) {
#if defined(__AVX512F__)
  return reinterpret_cast<Vf>(_mm512_sqrt_ps(reinterpret_cast<__m512>(v)));
#elif defined(__AVX2__)
  return reinterpret_cast<Vf>(_mm256_sqrt_ps(reinterpret_cast<__m256>(v)));
#elif defined(__SSE2__)
  return reinterpret_cast<Vf>(_mm_sqrt_ps(reinterpret_cast<__m128>(v)));
#elif defined(__wasm_simd128__)
  return reinterpret_cast<Vf>(wasm_f32x4_sqrt(reinterpret_cast<v128_t>(v)));
#elif defined(__ARM_NEON)
  return reinterpret_cast<Vf>(vsqrtq_f32(reinterpret_cast<float32x4_t>(v)));
#else
  Vf out;
  for (int i = 0; i < kLanes; i++) out[i] = __builtin_sqrtf(v[i]);
  return out;
#endif
}

/// Σ of the lanes, halves first: one fixed order.
inline float sumLanes(Vf v) {
  float lanes[kLanes];
  store(lanes, v);
  for (int half = kLanes / 2; half > 0; half /= 2) {
    for (int i = 0; i < half; i++) lanes[i] += lanes[i + half];
  }
  return lanes[0];
}

/// Loops over tiles must disappear: only then do sums stay in registers.
#if defined(__clang__)
#define PL_UNROLL _Pragma("clang loop unroll(full)")
#else
#define PL_UNROLL _Pragma("GCC unroll 16")
#endif

/// A compiler's own order of operations must not depend on how it inlines a call.
#define PL_INLINE inline __attribute__((always_inline))

}  // namespace
