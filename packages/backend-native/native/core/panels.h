// Tokens as the screening reads them: side by side in panels, at the level's precision, with what the bounds need.
#pragma once
#include "screen.h"

namespace plumbline {

constexpr int kMostOutliers = 16;

/// Low-precision panels of the tokens, and per token what the bounds need.
struct Panels {
  int nTokens = 0, padded = 0;
  size_t panelBytes = 0;
  Array<uint8_t> bytes;
  Array<float> scale, error, norm;
  int nOutliers = 0;
  int32_t outlierDims[kMostOutliers];
  Array<float> outlierX;
};

/// Makes the panels of some tokens of `engine.centered`; false where memory ran out.
bool packPanels(Engine& engine, const Tokens& tokens, Level level, Panels& panels);

}  // namespace plumbline
