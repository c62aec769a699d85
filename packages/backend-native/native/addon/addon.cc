#include <napi.h>

void registerEngine(Napi::Env env, Napi::Object exports);
void registerTensors(Napi::Env env, Napi::Object exports);

Napi::Object start(Napi::Env env, Napi::Object exports) {
  registerEngine(env, exports);
  registerTensors(env, exports);
  return exports;
}

NODE_API_MODULE(plumbline, start)
