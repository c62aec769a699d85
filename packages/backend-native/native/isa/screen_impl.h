// The encoder product, tile by tile, with the comparison in its epilogue: a tile of scores never leaves the registers.
// Tokens lie across the lanes, latents are broadcast.
#pragma once
#include "../core/kernels.h"
#include "simd.h"

namespace {

using plumbline::Candidate;
using plumbline::CandidateList;
using plumbline::ScreenTask;

/// float32: one multiply-add a step.
struct StepF32 {
  using Accumulator = Vf;
  static PL_INLINE Vf start(const ScreenTask&, int) { return Vf{}; }
  static PL_INLINE Vf score(Vf acc) { return acc; }
#if defined(__AVX512F__) && defined(__GNUC__)
  // The broadcast is part of the instruction; compilers do not always fold it.
  static PL_INLINE void step(Vf& acc, Vf x, const uint8_t* row) {
    asm("vfmadd231ps %2%{1to16%}, %1, %0" : "+v"(acc) : "v"(x), "m"(*reinterpret_cast<const float*>(row)));
  }
#else
  static PL_INLINE void step(Vf& acc, Vf x, const uint8_t* row) {
    float value;
    memcpy(&value, row, 4);
    acc += x * splat(value);
  }
#endif
};

#if defined(__AVX512F__) && defined(PL_BF16)
struct StepBf16 {
  using Accumulator = Vf;
  static PL_INLINE Vf start(const ScreenTask&, int) { return Vf{}; }
  static PL_INLINE Vf score(Vf acc) { return acc; }
  static PL_INLINE void step(Vf& acc, Vf x, const uint8_t* row) {
    asm("vdpbf16ps %2%{1to16%}, %1, %0" : "+v"(acc) : "v"(x), "m"(*reinterpret_cast<const uint32_t*>(row)));
  }
};
#endif

#if defined(__AVX512F__) && defined(PL_VNNI)
struct StepI8 {
  using Accumulator = Vi;
  static PL_INLINE Vi start(const ScreenTask& t, int latent) { return splatInt(t.rowOffset[latent]); }
  static PL_INLINE Vf score(Vi acc) { return toFloat(acc); }
  static PL_INLINE void step(Vi& acc, Vf x, const uint8_t* row) {
    asm("vpdpbusd %2%{1to16%}, %1, %0" : "+v"(acc) : "v"(x), "m"(*reinterpret_cast<const uint32_t*>(row)));
  }
};
#endif

#if defined(__AVX2__) || defined(__AVX512BW__) || defined(__wasm_simd128__) || defined(__SSE2__)
#define PL_HAS_I16 1
struct StepI16 {
  using Accumulator = Vi;
  static PL_INLINE Vi start(const ScreenTask&, int) { return Vi{}; }
  static PL_INLINE Vf score(Vi acc) { return toFloat(acc); }
  static PL_INLINE void step(Vi& acc, Vf x, const uint8_t* row) {
#if defined(__AVX512F__) && defined(PL_VNNI)
    asm("vpdpwssd %2%{1to16%}, %1, %0" : "+v"(acc) : "v"(x), "m"(*reinterpret_cast<const uint32_t*>(row)));
#else
    int32_t pair;
    memcpy(&pair, row, 4);
    const Vi both = splatInt(pair);
#if defined(__AVX512BW__)
    acc += reinterpret_cast<Vi>(_mm512_madd_epi16(reinterpret_cast<__m512i>(x), reinterpret_cast<__m512i>(both)));
#elif defined(__AVX2__)
    acc += reinterpret_cast<Vi>(_mm256_madd_epi16(reinterpret_cast<__m256i>(x), reinterpret_cast<__m256i>(both)));
#elif defined(__SSE2__)
    acc += reinterpret_cast<Vi>(_mm_madd_epi16(reinterpret_cast<__m128i>(x), reinterpret_cast<__m128i>(both)));
#else
    acc += reinterpret_cast<Vi>(wasm_i32x4_dot_i16x8(reinterpret_cast<v128_t>(x), reinterpret_cast<v128_t>(both)));
#endif
#endif
  }
};
#endif

/// Keeps what the mask marks; `upper` are the bounds of kLanes tokens from `token` on.
__attribute__((noinline)) void keepCandidates(const ScreenTask& t, uint32_t mask, Vf upper, int latent, int token) {
  float bounds[kLanes];
  store(bounds, upper);
  while (mask != 0) {
    const int lane = __builtin_ctz(mask);
    mask &= mask - 1;
    CandidateList& list = t.lists[token + lane];
    if (list.count == list.limit) t.full(t.context, token + lane);
    // A token that was given up has an infinite threshold, which infinite bounds still reach.
    if (list.count < 0 || !(bounds[lane] >= t.tokenThreshold[token + lane])) continue;
    list.items[list.count++] = Candidate{bounds[lane], latent};
  }
}

/// kHeight latents × kWidth vectors of tokens.
template <class Step, int kHeight, int kWidth>
struct ScreenTile {
  using Accumulator = typename Step::Accumulator;

  /// The sums stay in registers throughout, which needs every index below to be a constant; `out` is memory.
  static PL_INLINE void product(const ScreenTask& t, const float* x, int latent, bool prefetch,
                                Accumulator (&out)[kHeight][kWidth]) {
    const uint8_t* row = t.rows + static_cast<size_t>(latent) * t.rowBytes;
    const uint8_t* next = row + kHeight * t.rowBytes;
    const int nBytes = t.nSteps * 4;
    Accumulator acc[kHeight][kWidth];
    PL_UNROLL
    for (int r = 0; r < kHeight; r++) {
      PL_UNROLL
      for (int c = 0; c < kWidth; c++) acc[r][c] = Step::start(t, latent + r);
    }
    for (int at = 0; at < nBytes; at += 4) {
      if (prefetch && (at & 63) == 0) {
        for (int r = 0; r < kHeight; r++) __builtin_prefetch(next + r * t.rowBytes + at, 0, 2);
      }
      Vf tokens[kWidth];
      PL_UNROLL
      for (int c = 0; c < kWidth; c++) tokens[c] = load(x + c * kLanes);
      x += kWidth * kLanes;
      PL_UNROLL
      for (int r = 0; r < kHeight; r++) {
        PL_UNROLL
        for (int c = 0; c < kWidth; c++) Step::step(acc[r][c], tokens[c], row + r * t.rowBytes + at);
      }
    }
    PL_UNROLL
    for (int r = 0; r < kHeight; r++) {
      PL_UNROLL
      for (int c = 0; c < kWidth; c++) out[r][c] = acc[r][c];
    }
  }

  static PL_INLINE void compare(const ScreenTask& t, int latent, int panel, const Accumulator (&acc)[kHeight][kWidth]) {
    const int firstToken = panel * kWidth * kLanes;
    for (int r = 0; r < kHeight; r++) {
      const int f = latent + r;
      const Vf scale = splat(t.rowScale[f]), bias = splat(t.rowBias[f]);
      const Vf norm = splat(t.rowNorm[f]), error = splat(t.rowError[f]);
      const Vf rowLimit = splat(t.rowThreshold == nullptr ? -__builtin_inff() : t.rowThreshold[f]);
      const float* encoder = t.encoder + static_cast<size_t>(f) * t.encoderStride;
      for (int c = 0; c < kWidth; c++) {
        const int token = firstToken + c * kLanes;
        Vf upper = Step::score(acc[r][c]) * load(t.tokenScale + token) * scale + bias;
        if (t.nOutliers > 0) {
          Vf rest = {};
          const float* x = t.outlierX + static_cast<size_t>(panel) * t.nOutliers * kWidth * kLanes + c * kLanes;
          for (int j = 0; j < t.nOutliers; j++) rest += load(x + j * kWidth * kLanes) * splat(encoder[t.outlierDims[j]]);
          upper += rest * splat(t.rowRank[f]);
        }
        upper += load(t.tokenError + token) * norm;
        upper += load(t.tokenNorm + token) * error;
        const uint32_t mask = atLeast(upper, maxOf(load(t.tokenThreshold + token), rowLimit));
        if (mask != 0) keepCandidates(t, mask, upper, f, token);
      }
    }
  }

  static void run(const ScreenTask& t) {
    for (int latent = t.firstLatent; latent < t.lastLatent; latent += kHeight) {
      for (int panel = 0; panel < t.nPanels; panel++) {
        Accumulator acc[kHeight][kWidth];
        const float* x = reinterpret_cast<const float*>(t.panels + static_cast<size_t>(panel) * t.panelBytes);
        product(t, x, latent, panel == 0, acc);
        compare(t, latent, panel, acc);
      }
    }
  }
};

}  // namespace
