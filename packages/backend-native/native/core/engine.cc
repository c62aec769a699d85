#include "engine.h"

#include <string.h>

namespace plumbline {

bool PairList::reserve(size_t n) {
  if (size + n <= capacity) return true;
  const size_t room = larger(larger<size_t>(64, 2 * capacity), size + n);
  int32_t* latents = static_cast<int32_t*>(allocate(room * sizeof(int32_t)));
  float* values = static_cast<float*>(allocate(room * sizeof(float)));
  if (latents == nullptr || values == nullptr) {
    release(latents);
    release(values);
    lost = true;
    return false;
  }
  if (size > 0) {
    memcpy(latents, latent, size * sizeof(int32_t));
    memcpy(values, value, size * sizeof(float));
  }
  release(latent);
  release(value);
  latent = latents;
  value = values;
  capacity = room;
  return true;
}

Engine::Engine(const Config& c, const Kernels* k, Pool* p) : config(c), kernels(k), pool(p) {
  width = static_cast<int>(roundUp(static_cast<size_t>(c.dIn), kRowUnit));
  latents = static_cast<int>(roundUp(static_cast<size_t>(c.dSae), kLatentUnit));
  nScratch = p->threads();
  scratch = new Scratch[nScratch];
  screenMemory = createScreenMemory();
  candidateMemory = createCandidateMemory();
  lists = createTokenLists();
}

Engine::~Engine() {
  delete[] scratch;
  destroyScreenMemory(screenMemory);
  destroyCandidateMemory(candidateMemory);
  destroyTokenLists(lists);
}

int Engine::groupOf(int latent) const {
  int group = 0;
  while (group + 1 < config.nGroups && latent >= config.groupEnd[group]) group++;
  return group;
}

namespace {

bool allocateParameter(Parameter& p, size_t rows, size_t width, size_t stride, size_t paddedRows, bool trained) {
  p.rows = rows;
  p.width = width;
  p.stride = stride;
  const size_t size = stride * paddedRows;
  return p.value.resize(size) && (!trained || (p.mean.resize(size) && p.variance.resize(size)));
}

bool allocateCopy(EncoderCopy& copy, Level level, const Engine& e) {
  copy.level = level;
  const size_t width = e.width, latents = e.latents;
  copy.nSteps = stepsOf(level, e.config.dIn);
  copy.rowBytes = width * (level == kF32 ? 4 : level == kI8 ? 1 : 2);
  const bool own = level != kF32;
  return (!own || copy.rows.resize(copy.rowBytes * latents)) && copy.scale.resize(latents) &&
         copy.norm.resize(latents) && copy.error.resize(latents) && copy.offset.resize(latents);
}

}  // namespace

bool allocateEngine(Engine& e) {
  const Config& c = e.config;
  const size_t width = e.width, latents = e.latents, f = c.dSae, d = c.dIn;
  const bool hasRows = c.map != kTied;
  return (!hasRows || allocateParameter(e.parameter[kEncoder], f, d, width, latents, c.trainable)) &&
         allocateParameter(e.parameter[kDecoder], f, d, width, latents, c.trainable) &&
         allocateParameter(e.parameter[kEncoderBias], 1, f, latents, 1, c.trainable) &&
         allocateParameter(e.parameter[kDecoderBias], 1, d, width, 1, c.trainable) &&
         allocateParameter(e.parameter[kThreshold], 1, f, latents, 1, c.trainable) &&
         (c.map == kFreeRows || c.map == kTied || e.mapped.resize(width * latents)) &&
         e.tokensSinceFired.resize(latents) && e.rank.resize(latents) && e.decoderNorm.resize(latents) && e.rowBias.resize(latents) &&
         e.rowSlack.resize(latents) && e.rowThreshold.resize(latents) && e.theta.resize(latents) && e.magnitudeScale.resize(latents) &&
         e.magnitudeBias.resize(latents) && e.zeroRow.resize(width) &&
         (c.level == kF32 || allocateCopy(e.copies[0], c.level, e)) && allocateCopy(e.copies[1], kF32, e);
}

namespace {

void mapRow(Engine& e, int f) {
  const Kernels& k = *e.kernels;
  const int n = e.width;
  const float* d = e.row(e.decoder(), f);
  const float* w = e.row(e.parameter[kEncoder].value.data(), f);
  float* out = e.row(e.mapped.data(), f);
  switch (e.config.map) {
    case kProjection:
    case kProjectionFromDecoder:
      memcpy(out, w, n * sizeof(float));
      k.axpy(1.0f - k.dot(w, d, n), d, out, n);
      break;
    case kScaleMap:
      memcpy(out, w, n * sizeof(float));
      k.axpy(1.0f, d, out, n);
      k.scaleInto(1.0f / (1.0f + k.dot(w, d, n)), out, out, n);
      break;
    case kCoupled:
      memcpy(out, w, n * sizeof(float));
      k.axpy(1.0f, d, out, n);
      break;
    default:
      break;
  }
}

}  // namespace

void refreshRow(Engine& e, int f) {
  const Kernels& k = *e.kernels;
  const Config& c = e.config;
  mapRow(e, f);
  const float* row = e.row(e.encoder(), f);
  float norm = 1;
  if (!c.unitRows) {
    const float* d = e.row(e.decoder(), f);
    norm = __builtin_sqrtf(k.dot(d, d, e.width));
  }
  e.decoderNorm[f] = norm;
  const float rank = c.rankByNorm ? norm : 1.0f;
  e.rank[f] = rank;
  const float bias = e.parameter[kEncoderBias].value[f];
  const float size = bias < 0 ? -bias : bias;
  // Four roundings of the bias on each side, and what underflow may hide: bfloat16 products take subnormal numbers for zeros.
  const float hidden = 1e-36f + 2.4e-38f * static_cast<float>(e.width);
  e.rowSlack[f] = size * rank * 4.8e-7f + larger(rank, 1.0f) * hidden;
  e.rowBias[f] = bias * rank + e.rowSlack[f];
  for (EncoderCopy& copy : e.copies) {
    if (copy.scale.size() == 0) continue;
    void* out = copy.level == kF32 ? const_cast<float*>(row) : static_cast<void*>(copy.rows.data() + f * copy.rowBytes);
    const RowCopy made = k.copyRow[copy.level](row, e.width, out);
    copy.scale[f] = made.scale * rank;
    copy.norm[f] = made.norm * rank * 1.000001f;
    copy.error[f] = made.error * rank * 1.000001f;
    copy.offset[f] = made.offset;
  }
  float theta = e.parameter[kThreshold].value[f];
  if (c.logThreshold) k.exponential(&theta, &theta, 1);
  e.theta[f] = theta;
}

void refreshAll(Engine& e) {
  constexpr int kBlock = 64;
  const int f = e.config.dSae;
  parallelFor(*e.pool, (f + kBlock - 1) / kBlock, [&](int block, int) {
    for (int i = block * kBlock; i < smaller((block + 1) * kBlock, f); i++) refreshRow(e, i);
  });
  // Padding rows can never be candidates.
  for (int i = f; i < e.latents; i++) {
    e.rank[i] = e.rowSlack[i] = 0;
    e.rowBias[i] = -__builtin_inff();
    e.rowThreshold[i] = __builtin_inff();
  }
}

}  // namespace plumbline
