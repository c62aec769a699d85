// The core as a Node addon: engines as handles, work off the event loop as promises. Checks of arguments are here only as far
// as memory safety needs them; TypeScript puts errors into words.
#include <napi.h>

#include <memory>
#include <mutex>
#include <string>

#include "../core/api.h"

using namespace plumbline;

namespace {

/// An engine with its threads. One operation at a time; the lock is for hosts that do not wait.
struct Handle {
  std::unique_ptr<Pool> pool;
  std::unique_ptr<Engine> engine;
  std::mutex mutex;
};

using Shared = std::shared_ptr<Handle>;

Handle* handleOf(const Napi::CallbackInfo& info) {
  if (info.Length() < 1 || !info[0].IsExternal()) return nullptr;
  return info[0].As<Napi::External<Shared>>().Data()->get();
}

Shared sharedOf(const Napi::CallbackInfo& info) {
  if (info.Length() < 1 || !info[0].IsExternal()) return nullptr;
  return *info[0].As<Napi::External<Shared>>().Data();
}

template <class T>
bool typed(const Napi::Value& value, napi_typedarray_type type, const T*& data, size_t& length) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != type) return false;
  const auto array = value.As<Napi::TypedArrayOf<T>>();
  data = array.Data();
  length = array.ElementLength();
  return true;
}

Napi::Value bad(Napi::Env env, const char* what) {
  Napi::TypeError::New(env, what).ThrowAsJavaScriptException();
  return env.Undefined();
}

/// Names of the instruction sets that this processor runs, best first.
Napi::Value instructionSets(const Napi::CallbackInfo& info) {
  Napi::Array names = Napi::Array::New(info.Env());
  for (int i = 0; kernelsName(i) != nullptr; i++) names.Set(static_cast<uint32_t>(i), kernelsName(i));
  return names;
}

/// The level that `auto` stands for on an instruction set, or −1 for one that does not run here.
Napi::Value levelOf(const Napi::CallbackInfo& info) {
  const Kernels* kernels = chooseKernels(info[0].As<Napi::String>().Utf8Value().c_str());
  return Napi::Number::New(info.Env(), kernels == nullptr ? -1 : automaticLevel(*kernels));
}

/// (config, instruction set, threads) → handle, or a status.
Napi::Value create(const Napi::CallbackInfo& info) {
  const double* fields = nullptr;
  size_t count = 0;
  if (info.Length() < 3 || !typed(info[0], napi_float64_array, fields, count)) return bad(info.Env(), "create: Float64Array");
  const Kernels* kernels = chooseKernels(info[1].As<Napi::String>().Utf8Value().c_str());
  Config config = {};
  if (kernels == nullptr || !readConfig(fields, static_cast<int>(count), config) || kernels->screen[config.level] == nullptr) {
    return Napi::Number::New(info.Env(), kBadConfig);
  }
  auto handle = std::make_shared<Handle>();
  handle->pool.reset(createPool(info[2].As<Napi::Number>().Int32Value()));
  handle->engine.reset(new (std::nothrow) Engine(config, kernels, handle->pool.get()));
  if (handle->engine == nullptr || !allocateEngine(*handle->engine)) return Napi::Number::New(info.Env(), kNoMemory);
  return Napi::External<Shared>::New(info.Env(), new Shared(handle), [](Napi::Env, Shared* shared) { delete shared; });
}

Napi::Value dispose(const Napi::CallbackInfo& info) {
  Handle* handle = handleOf(info);
  if (handle == nullptr) return bad(info.Env(), "dispose: handle");
  const std::lock_guard<std::mutex> lock(handle->mutex);
  handle->engine.reset();
  handle->pool.reset();
  return info.Env().Undefined();
}

/// Bytes of a Float32Array or Int32Array.
bool words(const Napi::Value& value, void*& data, size_t& length) {
  if (!value.IsTypedArray()) return false;
  const auto array = value.As<Napi::TypedArray>();
  if (array.TypedArrayType() != napi_float32_array && array.TypedArrayType() != napi_int32_array) return false;
  data = static_cast<char*>(array.ArrayBuffer().Data()) + array.ByteOffset();
  length = array.ElementLength();
  return true;
}

template <bool kWrite>
Napi::Value transfer(const Napi::CallbackInfo& info) {
  Handle* handle = handleOf(info);
  void* data = nullptr;
  size_t length = 0;
  if (handle == nullptr || info.Length() < 3 || !words(info[2], data, length)) return bad(info.Env(), "handle, id, array");
  const std::lock_guard<std::mutex> lock(handle->mutex);
  const int id = info[1].As<Napi::Number>().Int32Value();
  const bool done = handle->engine != nullptr && (kWrite ? writeArray(*handle->engine, id, data, length)
                                                         : readArray(*handle->engine, id, data, length));
  return Napi::Boolean::New(info.Env(), done);
}

/// Gives an array's memory back at once, instead of when JavaScript next collects garbage.
Napi::Value release(const Napi::CallbackInfo& info) {
  if (info.Length() < 1 || !info[0].IsTypedArray()) return bad(info.Env(), "release: array");
  Napi::ArrayBuffer buffer = info[0].As<Napi::TypedArray>().ArrayBuffer();
  if (!buffer.IsDetached()) buffer.Detach();
  return info.Env().Undefined();
}

Napi::Value size(const Napi::CallbackInfo& info) {
  Handle* handle = handleOf(info);
  if (handle == nullptr) return bad(info.Env(), "size: handle");
  const std::lock_guard<std::mutex> lock(handle->mutex);
  const size_t n = handle->engine == nullptr ? 0 : arraySize(*handle->engine, info[1].As<Napi::Number>().Int32Value());
  return Napi::Number::New(info.Env(), static_cast<double>(n));
}

template <bool kWrite>
Napi::Value counters(const Napi::CallbackInfo& info) {
  Handle* handle = handleOf(info);
  const double* data = nullptr;
  size_t length = 0;
  if (handle == nullptr || !typed(info[1], napi_float64_array, data, length) || length != kCounterFields) {
    return bad(info.Env(), "handle, counters");
  }
  const std::lock_guard<std::mutex> lock(handle->mutex);
  if (handle->engine == nullptr) return info.Env().Undefined();
  if (kWrite) {
    writeCounters(*handle->engine, data);
    refreshAll(*handle->engine);
  } else {
    readCounters(*handle->engine, const_cast<double*>(data));
  }
  return info.Env().Undefined();
}

/// Work on an engine off the event loop. Arrays that it reads are kept until it is done.
class Work : public Napi::AsyncWorker {
 public:
  Work(Napi::Env env, Shared handle, const char* name)
      : AsyncWorker(env, name), handle_(std::move(handle)), deferred_(Napi::Promise::Deferred::New(env)) {}
  Napi::Promise promise() const { return deferred_.Promise(); }
  void keep(const Napi::Value& value) { kept_.push_back(Napi::Persistent(value.As<Napi::Object>())); }

  void Execute() override {
    const std::lock_guard<std::mutex> lock(handle_->mutex);
    if (handle_->engine != nullptr) run(*handle_->engine);
  }
  void OnOK() override { deferred_.Resolve(result(Env())); }
  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

 protected:
  virtual void run(Engine& engine) = 0;
  virtual Napi::Value result(Napi::Env env) = 0;
  /// status, then the report
  Napi::Value reportArray(Napi::Env env, Status status, const Report& report) {
    auto out = Napi::Float64Array::New(env, 1 + kReportFields);
    out[0] = status;
    memcpy(out.Data() + 1, &report, sizeof report);
    return out;
  }

 private:
  Shared handle_;
  Napi::Promise::Deferred deferred_;
  std::vector<Napi::ObjectReference> kept_;
};

class StepWork final : public Work {
 public:
  StepWork(Napi::Env env, Shared handle, const float* batch, int nTokens, const Controls& controls)
      : Work(env, std::move(handle), "plumbline-step"), batch_(batch), nTokens_(nTokens), controls_(controls) {}

 protected:
  void run(Engine& engine) override { status_ = trainStep(engine, batch_, nTokens_, controls_, report_); }
  Napi::Value result(Napi::Env env) override { return reportArray(env, status_, report_); }

 private:
  const float* batch_;
  int nTokens_;
  Controls controls_;
  Status status_ = kNoMemory;
  Report report_ = {};
};

/// (handle, batch, controls, row penalty target or undefined) → promise of [status, report…]
Napi::Value step(const Napi::CallbackInfo& info) {
  const Shared handle = sharedOf(info);
  const float *batch = nullptr, *target = nullptr;
  const double* fields = nullptr;
  size_t nBatch = 0, nFields = 0, nTarget = 0;
  if (handle == nullptr || handle->engine == nullptr || info.Length() < 4 ||
      !typed(info[1], napi_float32_array, batch, nBatch) || !typed(info[2], napi_float64_array, fields, nFields) ||
      nFields != kControlFields) {
    return bad(info.Env(), "step: handle, batch, controls, target");
  }
  const Config& config = handle->engine->config;
  const bool hasTarget = !info[3].IsUndefined();
  if (hasTarget && (!typed(info[3], napi_float32_array, target, nTarget) ||
                    nTarget != static_cast<size_t>(config.dIn) * config.dSae)) {
    return bad(info.Env(), "step: target");
  }
  auto* work = new StepWork(info.Env(), handle, batch, static_cast<int>(nBatch / config.dIn), readControls(fields, target));
  work->keep(info[1]);
  if (hasTarget) work->keep(info[3]);
  work->Queue();
  return work->promise();
}

class EncodeWork final : public Work {
 public:
  EncodeWork(Napi::Env env, Shared handle, const float* batch, int nTokens)
      : Work(env, std::move(handle), "plumbline-encode"), batch_(batch), nTokens_(nTokens) {}

 protected:
  void run(Engine& engine) override {
    status_ = encodeBatch(engine, batch_, nTokens_, report_);
    if (status_ != kOk) return;
    const Pairs& pairs = engine.pairs;
    starts_.assign(pairs.tokenStart.data(), pairs.tokenStart.data() + nTokens_ + 1);
    latents_.assign(pairs.latent.data(), pairs.latent.data() + pairs.count());
    values_.assign(pairs.value.data(), pairs.value.data() + pairs.count());
  }
  Napi::Value result(Napi::Env env) override {
    auto out = Napi::Object::New(env);
    out.Set("report", reportArray(env, status_, report_));
    auto starts = Napi::Uint32Array::New(env, starts_.size());
    auto indices = Napi::Uint32Array::New(env, latents_.size());
    auto values = Napi::Float32Array::New(env, values_.size());
    std::copy(starts_.begin(), starts_.end(), starts.Data());
    std::copy(latents_.begin(), latents_.end(), indices.Data());
    std::copy(values_.begin(), values_.end(), values.Data());
    out.Set("rowStarts", starts);
    out.Set("indices", indices);
    out.Set("values", values);
    return out;
  }

 private:
  const float* batch_;
  int nTokens_;
  Status status_ = kNoMemory;
  Report report_ = {};
  std::vector<uint32_t> starts_;
  std::vector<int32_t> latents_;
  std::vector<float> values_;
};

/// (handle, batch) → promise of { report, rowStarts, indices, values }
Napi::Value encode(const Napi::CallbackInfo& info) {
  const Shared handle = sharedOf(info);
  const float* batch = nullptr;
  size_t nBatch = 0;
  if (handle == nullptr || handle->engine == nullptr || !typed(info[1], napi_float32_array, batch, nBatch)) {
    return bad(info.Env(), "encode: handle, batch");
  }
  auto* work = new EncodeWork(info.Env(), handle, batch, static_cast<int>(nBatch / handle->engine->config.dIn));
  work->keep(info[1]);
  work->Queue();
  return work->promise();
}

class DecodeWork final : public Work {
 public:
  DecodeWork(Napi::Env env, Shared handle, int nTokens, const uint32_t* starts, const uint32_t* indices, const float* values)
      : Work(env, std::move(handle), "plumbline-decode"), nTokens_(nTokens), starts_(starts), indices_(indices), values_(values) {}

 protected:
  void run(Engine& engine) override {
    out_.resize(static_cast<size_t>(nTokens_) * engine.config.dIn);
    status_ = decodeBatch(engine, nTokens_, starts_, indices_, values_, out_.data());
  }
  Napi::Value result(Napi::Env env) override {
    if (status_ != kOk) return Napi::Number::New(env, status_);
    auto out = Napi::Float32Array::New(env, out_.size());
    std::copy(out_.begin(), out_.end(), out.Data());
    return out;
  }

 private:
  int nTokens_;
  const uint32_t *starts_, *indices_;
  const float* values_;
  Status status_ = kNoMemory;
  std::vector<float> out_;
};

/// (handle, rowStarts, indices, values) → promise of [nRows, dIn]; the caller has checked starts and indices.
Napi::Value decode(const Napi::CallbackInfo& info) {
  const Shared handle = sharedOf(info);
  const uint32_t *starts = nullptr, *indices = nullptr;
  const float* values = nullptr;
  size_t nStarts = 0, nIndices = 0, nValues = 0;
  if (handle == nullptr || handle->engine == nullptr || info.Length() < 4 ||
      !typed(info[1], napi_uint32_array, starts, nStarts) || !typed(info[2], napi_uint32_array, indices, nIndices) ||
      !typed(info[3], napi_float32_array, values, nValues) || nStarts == 0 || nIndices != nValues) {
    return bad(info.Env(), "decode: handle, rowStarts, indices, values");
  }
  auto* work = new DecodeWork(info.Env(), handle, static_cast<int>(nStarts) - 1, starts, indices, values);
  for (int i = 1; i < 4; i++) work->keep(info[i]);
  work->Queue();
  return work->promise();
}

}  // namespace

void registerEngine(Napi::Env env, Napi::Object exports) {
  const auto add = [&](const char* name, Napi::Value (*function)(const Napi::CallbackInfo&)) {
    exports.Set(name, Napi::Function::New(env, function, name));
  };
  add("instructionSets", instructionSets);
  add("levelOf", levelOf);
  add("create", create);
  add("dispose", dispose);
  add("size", size);
  add("write", transfer<true>);
  add("release", release);
  add("read", transfer<false>);
  add("writeCounters", counters<true>);
  add("readCounters", counters<false>);
  add("step", step);
  add("encode", encode);
  add("decode", decode);
}
