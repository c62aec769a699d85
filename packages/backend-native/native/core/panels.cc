#include "panels.h"

#include "numbers.h"

namespace plumbline {
namespace {

/// 2^-24, half a unit in the last place
constexpr double kUlp = 1.0 / 16777216;

/// How much of ‖x‖·‖e‖ float32 sums may lose in a score: the canonical sum, and the one that screened.
float roundingShare(Level level, int dIn) {
  const double canonical = dIn / 8.0 + 24;
  const double screened = level == kF32 || level == kBf16 ? dIn + 32.0 : 64.0;
  return static_cast<float>(1.01 * (canonical + screened) * kUlp);
}

/// Dimensions that would cost int8 its resolution: those whose largest value is far above the typical one.
int findOutliers(const Engine& engine, const Tokens& tokens, int32_t* dims) {
  const int dIn = engine.config.dIn;
  Array<float> most, sorted;
  if (!most.resize(engine.width) || !sorted.resize(engine.width)) return 0;
  most.fill(0);
  for (int i = 0; i < tokens.count; i++) {
    const float* x = engine.row(engine.centered.data(), tokens.at(i));
    for (int d = 0; d < dIn; d++) {
      const float size = x[d] < 0 ? -x[d] : x[d];
      most[d] = larger(most[d], size);
    }
  }
  for (int d = 0; d < dIn; d++) sorted[d] = most[d];
  const float typical = kthLargest(sorted.data(), dIn, (dIn + 1) / 2);
  // At twice the typical maximum a dimension halves the resolution of the others.
  const float limit = 2.0f * typical;
  int n = 0;
  while (n < kMostOutliers) {
    int largest = -1;
    for (int d = 0; d < dIn; d++) {
      if (most[d] > limit && (largest < 0 || most[d] > most[largest])) largest = d;
    }
    if (largest < 0) break;
    dims[n++] = largest;
    most[largest] = 0;
  }
  return n;
}

/// Rows of four-byte groups, transposed: token across lanes, group after group.
void transposeGroups(const uint32_t* rows, size_t rowGroups, int nRows, int panel, int nSteps, uint32_t* out) {
  for (int s = 0; s < nSteps; s++) {
    for (int lane = 0; lane < panel; lane++) out[s * panel + lane] = lane < nRows ? rows[lane * rowGroups + s] : 0;
  }
}

}  // namespace

bool packPanels(Engine& engine, const Tokens& tokens, Level level, Panels& panels) {
  const Kernels& k = *engine.kernels;
  const int panel = k.panel, width = engine.width;
  const int nPanels = (tokens.count + panel - 1) / panel;
  const int nSteps = stepsOf(level, engine.config.dIn);
  panels.nTokens = tokens.count;
  panels.padded = nPanels * panel;
  panels.panelBytes = static_cast<size_t>(nSteps) * 4 * panel;
  panels.nOutliers = level == kI8 ? findOutliers(engine, tokens, panels.outlierDims) : 0;
  const size_t outlierFloats = static_cast<size_t>(panels.nOutliers) * panel;
  if (!panels.bytes.resize(panels.panelBytes * nPanels) || !panels.scale.resize(panels.padded) ||
      !panels.error.resize(panels.padded) || !panels.norm.resize(panels.padded) ||
      !panels.outlierX.resize(outlierFloats * nPanels)) {
    return false;
  }
  const float share = roundingShare(level, engine.config.dIn);
  const size_t groups = roundUp(static_cast<size_t>(width) * (level == kF32 ? 4 : level == kI8 ? 1 : 2), 4) / 4;
  for (int t = 0; t < engine.nScratch; t++) {
    if (!engine.scratch[t].tile.resize(groups * panel + width)) return false;
  }
  parallelFor(*engine.pool, nPanels, [&](int p, int thread) {
    float* rest = engine.scratch[thread].tile.data();
    uint32_t* rows = reinterpret_cast<uint32_t*>(rest + width);
    const int nRows = smaller(panel, tokens.count - p * panel);
    for (int lane = 0; lane < panel; lane++) {
      const int slot = p * panel + lane;
      if (lane >= nRows) {
        panels.scale[slot] = panels.error[slot] = panels.norm[slot] = 0;
        for (int j = 0; j < panels.nOutliers; j++) panels.outlierX[(p * panels.nOutliers + j) * panel + lane] = 0;
        continue;
      }
      const float* x = engine.row(engine.centered.data(), tokens.at(slot));
      const float whole = k.normUp(x, width);
      float part = whole;
      if (panels.nOutliers > 0) {
        for (int d = 0; d < width; d++) rest[d] = x[d];
        for (int j = 0; j < panels.nOutliers; j++) {
          panels.outlierX[(p * panels.nOutliers + j) * panel + lane] = x[panels.outlierDims[j]];
          rest[panels.outlierDims[j]] = 0;
        }
        x = rest;
        part = k.normUp(x, width);
      }
      const RowCopy row = k.copyRow[level](x, width, rows + lane * groups);
      panels.scale[slot] = row.scale;
      panels.error[slot] = row.error + share * whole;
      panels.norm[slot] = part + share * whole;
    }
    // Tokens of the int8 product are unsigned: an offset of 128, undone by rowOffset.
    if (level == kI8) {
      for (size_t i = 0; i < groups * nRows; i++) rows[i] ^= 0x80808080u;
    }
    transposeGroups(rows, groups, nRows, panel, nSteps,
                    reinterpret_cast<uint32_t*>(panels.bytes.data() + p * panels.panelBytes));
  });
  return true;
}

}  // namespace plumbline
