// Reads the arguments of a call from JavaScript.
#pragma once
#include <napi.h>

namespace {

template <class T>
struct Span {
  T* data = nullptr;
  size_t size = 0;
};

template <class T>
constexpr napi_typedarray_type kArrayType = napi_float32_array;
template <>
constexpr napi_typedarray_type kArrayType<int32_t> = napi_int32_array;
template <>
constexpr napi_typedarray_type kArrayType<uint8_t> = napi_uint8_array;

/// Arguments in order; not `ok` after the first that is not what was asked for.
class Args {
 public:
  explicit Args(const Napi::CallbackInfo& info) : info_(info) {}

  template <class T = float>
  Span<T> array() {
    Span<T> out;
    napi_typedarray_type type;
    void* data = nullptr;
    const napi_value value = info_[next_++];
    if (napi_get_typedarray_info(info_.Env(), value, &type, &out.size, &data, nullptr, nullptr) != napi_ok ||
        type != kArrayType<T>) {
      ok = false;
      return {};
    }
    out.data = static_cast<T*>(data);
    return out;
  }
  /// an array that may be missing
  template <class T = float>
  Span<T> optional() {
    if (!info_[next_].IsUndefined()) return array<T>();
    next_++;
    return {};
  }
  double number() {
    double out = 0;
    ok = napi_get_value_double(info_.Env(), info_[next_++], &out) == napi_ok && ok;
    return out;
  }
  size_t size() {
    const double out = number();
    ok = ok && out >= 0 && out < 2147483648.0;
    return ok ? static_cast<size_t>(out) : 0;
  }
  int below(int end) {
    const size_t out = size();
    ok = ok && out < static_cast<size_t>(end);
    return ok ? static_cast<int>(out) : 0;
  }

  bool ok = true;

 private:
  const Napi::CallbackInfo& info_;
  size_t next_ = 0;
};

}  // namespace
