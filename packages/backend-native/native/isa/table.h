// Puts one instruction set's functions into a table. The including file sets the tile shapes and the name.
#pragma once
#include "copies_impl.h"
#if !defined(__wasm__)
#include "elementwise_impl.h"
#endif
#include "functions_impl.h"
#include "gemm_impl.h"
#include "rows_impl.h"
#include "screen_impl.h"

namespace {

/// Height and width of the tiles; products of both and two more vectors must fit the registers.
template <int kHeight, int kWidth>
constexpr plumbline::Kernels makeTable(const char* name) {
  plumbline::Kernels k = {};
  k.name = name;
  k.panel = kWidth * kLanes;
  for (int& tile : k.tile) tile = kHeight;
  k.screen[plumbline::kF32] = ScreenTile<StepF32, kHeight, kWidth>::run;
#if defined(PL_BF16)
  k.screen[plumbline::kBf16] = ScreenTile<StepBf16, kHeight, kWidth>::run;
#endif
#if defined(PL_VNNI)
  k.screen[plumbline::kI8] = ScreenTile<StepI8, kHeight, kWidth>::run;
#endif
#if defined(PL_HAS_I16)
  k.screen[plumbline::kI16] = ScreenTile<StepI16, kHeight, kWidth>::run;
#endif
  k.gemmRows = kHeight;
  k.gemmTile = gemmTile<kHeight, kWidth>;
  k.dot = dot;
  k.dotRows = dotRows;
  k.axpy = axpy;
  k.combineRows = combineRows;
  k.accumulate = accumulate;
  k.subtract = subtract;
  k.scaleInto = scaleInto;
  k.adam = adam;
  k.maxAbs = maxAbs;
  k.copyRow[plumbline::kF32] = copyF32;
  k.copyRow[plumbline::kBf16] = copyBf16;
  k.copyRow[plumbline::kI8] = copyI8;
  k.copyRow[plumbline::kI16] = copyI16;
  k.normUp = normUp;
  k.countAtLeast = countAtLeast;
  k.power = power;
  k.exponential = exponential;
  k.hyperbolicTangent = hyperbolicTangent;
  k.biasRelu = biasRelu;
#if !defined(__wasm__)
  k.valueFunction[plumbline::kValueExp] = exponentialFull;
  k.valueFunction[plumbline::kValueLog] = logarithm;
  k.valueFunction[plumbline::kValueTanh] = hyperbolicTangentFull;
  k.valueFunction[plumbline::kValueSigmoid] = sigmoid;
#endif
  return k;
}

}  // namespace
