// The tensor kernels as `exports.tensors`. Arguments are checked as far as memory safety needs it; a function that cannot do
// what it was asked answers false, and TypeScript turns to the kernel of tfjs.
#include <napi.h>

#include <mutex>
#include <vector>

#include "../tensor/adam.h"
#include "../tensor/elementwise.h"
#include "../tensor/layout.h"
#include "../tensor/mat_mul.h"
#include "../tensor/reduce.h"
#include "../tensor/rows.h"
#include "../tensor/top_k.h"
#include "args.h"

using namespace plumbline::tensor;

namespace {

/// One for the process, whatever number of JavaScript threads call.
struct Shared {
  std::mutex mutex;
  Device device;
};

Shared& shared() {
  static Shared instance;
  return instance;
}

/// Runs a kernel with the device to itself.
template <bool (*kRun)(Args&, Device&)>
Napi::Value call(const Napi::CallbackInfo& info) {
  Args args(info);
  Shared& all = shared();
  const std::lock_guard<std::mutex> lock(all.mutex);
  const bool done = all.device.kernels != nullptr && kRun(args, all.device);
  return Napi::Boolean::New(info.Env(), done && args.ok);
}

/// (instruction set, threads) → whether that runs here. Again with others: from then on those.
Napi::Value start(const Napi::CallbackInfo& info) {
  const plumbline::Kernels* kernels = plumbline::chooseKernels(info[0].As<Napi::String>().Utf8Value().c_str());
  const int nThreads = plumbline::larger(1, info[1].As<Napi::Number>().Int32Value());
  Shared& all = shared();
  const std::lock_guard<std::mutex> lock(all.mutex);
  Device& d = all.device;
  if (kernels == nullptr) return Napi::Boolean::New(info.Env(), false);
  if (d.pool == nullptr || d.pool->threads() != nThreads) {
    d.kernels = nullptr;
    d.pool.reset(plumbline::createPool(nThreads));
    d.scratch.reset(new (std::nothrow) TensorScratch[nThreads]);
    if (d.pool == nullptr || d.scratch == nullptr) return Napi::Boolean::New(info.Env(), false);
  }
  d.kernels = kernels;
  return Napi::Boolean::New(info.Env(), true);
}

/// (a, transposed, b, transposed, rows, columns, depth, which a, which b, out): one product for each of `which`
bool runMatMul(Args& args, Device& d) {
  const auto a = args.array();
  const bool aTurned = args.below(2) != 0;
  const auto b = args.array();
  const bool bTurned = args.below(2) != 0;
  const size_t rows = args.size(), columns = args.size(), depth = args.size();
  const auto whichA = args.array<int32_t>(), whichB = args.array<int32_t>();
  const auto out = args.array();
  if (!args.ok || rows * columns * depth == 0 || whichA.size != whichB.size || out.size != whichA.size * rows * columns) {
    return false;
  }
  std::vector<Product> products(whichA.size);
  for (size_t i = 0; i < products.size(); i++) {
    const size_t atA = static_cast<uint32_t>(whichA.data[i]), atB = static_cast<uint32_t>(whichB.data[i]);
    if (atA >= a.size / (rows * depth) || atB >= b.size / (columns * depth)) return false;
    products[i] = {static_cast<int>(rows), static_cast<int>(columns), static_cast<int>(depth),
                   {a.data + atA * rows * depth, aTurned ? rows : depth, !aTurned},
                   {b.data + atB * columns * depth, bTurned ? depth : columns, bTurned},
                   out.data + i * rows * columns};
  }
  return matMul(d, products.data(), static_cast<int>(products.size()));
}

/// Sizes, strides of a, strides of b: one after the other in one array.
bool readWalk(Span<int32_t> plan, size_t aSize, size_t bSize, size_t outSize, Walk& walk) {
  const size_t n = plan.size / 3;
  if (n < 1 || n > kMostDims || plan.size != 3 * n) return false;
  walk.nDims = static_cast<int>(n);
  size_t total = 1, aLast = 0, bLast = 0;
  for (size_t i = 0; i < n; i++) {
    walk.size[i] = plan.data[i];
    walk.a[i] = plan.data[n + i];
    walk.b[i] = plan.data[2 * n + i];
    if (walk.size[i] < 1 || walk.a[i] < 0 || walk.b[i] < 0) return false;
    total *= walk.size[i];
    aLast += static_cast<size_t>(walk.size[i] - 1) * walk.a[i];
    bLast += static_cast<size_t>(walk.size[i] - 1) * walk.b[i];
  }
  return total == outSize && aLast < aSize && bLast < bSize && walk.a[n - 1] <= 1 && walk.b[n - 1] <= 1;
}

/// (op, plan, a, b, out)
bool runBinary(Args& args, Device& d) {
  const int op = args.below(kBinaryOps);
  const auto plan = args.array<int32_t>();
  const auto a = args.array(), b = args.array(), out = args.array();
  Walk walk = {};
  if (!args.ok || !readWalk(plan, a.size, b.size, out.size, walk)) return false;
  binary(d, static_cast<BinaryOp>(op), walk, a.data, b.data, out.data);
  return true;
}

bool runCompare(Args& args, Device& d) {
  const int op = args.below(kCompareOps);
  const auto plan = args.array<int32_t>();
  const auto a = args.array(), b = args.array();
  const auto out = args.array<uint8_t>();
  Walk walk = {};
  if (!args.ok || !readWalk(plan, a.size, b.size, out.size, walk)) return false;
  compare(d, static_cast<CompareOp>(op), walk, a.data, b.data, out.data);
  return true;
}

/// (op, parameter, x, out)
bool runUnary(Args& args, Device& d) {
  const int op = args.below(kUnaryOps);
  const float parameter = static_cast<float>(args.number());
  const auto x = args.array(), out = args.array();
  if (!args.ok || x.size != out.size) return false;
  unary(d, static_cast<UnaryOp>(op), parameter, x.data, out.data, x.size);
  return true;
}

/// (condition, a, b, out)
bool runSelect(Args& args, Device& d) {
  const auto condition = args.array<uint8_t>();
  const auto a = args.array(), b = args.array(), out = args.array();
  if (!args.ok || a.size != condition.size || b.size != condition.size || out.size != condition.size) return false;
  choose(d, condition.data, a.data, b.data, out.data, out.size);
  return true;
}

template <class From, class To, void (*kCast)(Device&, const From*, To*, size_t)>
bool runCast(Args& args, Device& d) {
  const auto x = args.array<From>();
  const auto out = args.array<To>();
  if (!args.ok || x.size != out.size) return false;
  kCast(d, x.data, out.data, x.size);
  return true;
}

/// (op, x, outer, n, inner, out)
bool runReduce(Args& args, Device& d) {
  const int op = args.below(kReduceOps);
  const auto x = args.array();
  const size_t outer = args.size(), n = args.size(), inner = args.size();
  const auto out = args.array();
  if (!args.ok || x.size != outer * n * inner || out.size != outer * inner) return false;
  return reduce(d, static_cast<ReduceOp>(op), x.data, outer, n, inner, out.data);
}

/// (x, n, k, values, indices)
bool runTopK(Args& args, Device& d) {
  const auto x = args.array();
  const size_t n = args.size(), k = args.size();
  const auto values = args.array();
  const auto indices = args.array<int32_t>();
  if (!args.ok || k < 1 || k > n || x.size % n != 0 || values.size != x.size / n * k || indices.size != values.size) return false;
  return topK(d, x.data, x.size / n, n, k, values.data, indices.data);
}

/// (x, outer, size, inner, indices, out)
bool runGather(Args& args, Device& d) {
  const auto x = args.array();
  const size_t outer = args.size(), size = args.size(), inner = args.size();
  const auto indices = args.array<int32_t>();
  const auto out = args.array();
  if (!args.ok || x.size != outer * size * inner || out.size != outer * indices.size * inner) return false;
  return gather(d, x.data, outer, size, inner, indices.data, indices.size, out.data);
}

/// (x, batch, rows, columns, out)
bool runTranspose(Args& args, Device& d) {
  const auto x = args.array();
  const size_t batch = args.size(), rows = args.size(), columns = args.size();
  const auto out = args.array();
  if (!args.ok || x.size != batch * rows * columns || out.size != x.size) return false;
  transpose(d, x.data, batch, rows, columns, out.data);
  return true;
}

/// (indices, values or undefined, choices per token, y, width, whether indices outside are left out, out)
bool runAccumulateRows(Args& args, Device& d) {
  const auto indices = args.array<int32_t>();
  const auto values = args.optional();
  const size_t perToken = args.size();
  const auto y = args.array();
  const size_t width = args.size();
  const bool mayBeOutside = args.below(2) != 0;
  const auto out = args.array();
  if (!args.ok || perToken == 0 || width == 0 || indices.size % perToken != 0 || y.size != indices.size / perToken * width ||
      out.size % width != 0 || (values.data != nullptr && values.size != indices.size)) {
    return false;
  }
  const Choice choice = {indices.data, values.data, indices.size / perToken, perToken};
  return accumulateRows(d, choice, y.data, width, out.size / width, mayBeOutside, out.data);
}

/// (indices, values, rows, bias, out)
bool runCombineRows(Args& args, Device& d) {
  const auto indices = args.array<int32_t>();
  const auto values = args.array(), rows = args.array(), bias = args.array(), out = args.array();
  const size_t width = bias.size;
  if (!args.ok || width == 0 || out.size == 0 || out.size % width != 0 || rows.size % width != 0 || values.size != indices.size ||
      indices.size % (out.size / width) != 0) {
    return false;
  }
  const size_t tokens = out.size / width;
  const Choice choice = {indices.data, values.data, tokens, indices.size / tokens};
  return combineRows(d, choice, rows.data, bias.data, width, rows.size / width, out.data);
}

/// (indices, rows, y, width, out)
bool runDotRows(Args& args, Device& d) {
  const auto indices = args.array<int32_t>();
  const auto rows = args.array(), y = args.array();
  const size_t width = args.size();
  const auto out = args.array();
  if (!args.ok || width == 0 || y.size == 0 || y.size % width != 0 || rows.size % width != 0 || out.size != indices.size ||
      indices.size % (y.size / width) != 0) {
    return false;
  }
  const size_t tokens = y.size / width;
  const Choice choice = {indices.data, nullptr, tokens, indices.size / tokens};
  return dotRows(d, choice, rows.data, y.data, width, rows.size / width, out.data);
}

/// (beta1, 1 − beta1, beta2, 1 − beta2, 1 / spread, epsilon, step size, gradient, three old arrays, three new ones)
bool runAdam(Args& args, Device& d) {
  float numbers[7];
  for (float& value : numbers) value = static_cast<float>(args.number());
  const plumbline::AdamStep step = {numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5], numbers[6], 1.0f};
  const auto gradient = args.array();
  const float* old[3];
  float* next[3];
  bool fits = true;
  for (auto& data : old) {
    const auto array = args.array();
    fits = fits && array.size == gradient.size;
    data = array.data;
  }
  for (auto& data : next) {
    const auto array = args.array();
    fits = fits && array.size == gradient.size;
    data = array.data;
  }
  if (!args.ok || !fits) return false;
  adam(d, step, gradient.data, old, next, gradient.size);
  return true;
}

}  // namespace

void registerTensors(Napi::Env env, Napi::Object exports) {
  Napi::Object tensors = Napi::Object::New(env);
  const auto add = [&](const char* name, Napi::Value (*function)(const Napi::CallbackInfo&)) {
    tensors.Set(name, Napi::Function::New(env, function, name));
  };
  add("start", start);
  add("matMul", call<runMatMul>);
  add("binary", call<runBinary>);
  add("compare", call<runCompare>);
  add("unary", call<runUnary>);
  add("select", call<runSelect>);
  add("floatsFromBytes", call<runCast<uint8_t, float, floatsFromBytes>>);
  add("floatsFromInts", call<runCast<int32_t, float, floatsFromInts>>);
  add("bytesFromFloats", call<runCast<float, uint8_t, bytesFromFloats>>);
  add("reduce", call<runReduce>);
  add("topK", call<runTopK>);
  add("gather", call<runGather>);
  add("transpose", call<runTranspose>);
  add("accumulateRows", call<runAccumulateRows>);
  add("combineRows", call<runCombineRows>);
  add("dotRows", call<runDotRows>);
  add("adam", call<runAdam>);
  exports.Set("tensors", tensors);
}
