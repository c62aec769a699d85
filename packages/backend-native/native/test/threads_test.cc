// The thread pool, and engines that run at the same time.
#include <atomic>
#include <thread>

#include "check.h"
#include "engines.h"
#include "themes.h"

namespace plumbline {
namespace test {
namespace {

/// Each task once, on a thread that there is; what a task wrote is seen afterwards without more ado.
void checkPool(int threads, int rounds) {
  const std::unique_ptr<Pool> pool(createPool(threads));
  CHECK(pool->threads() == threads);
  for (int round = 0; round < rounds; round++) {
    const int nTasks = round % 17;
    std::vector<int> runs(nTasks), onThread(threads);
    parallelFor(*pool, nTasks, [&](int task, int thread) {
      runs[task]++;
      if (thread >= 0 && thread < threads) onThread[thread]++;
    });
    int total = 0;
    for (const int count : onThread) total += count;
    CHECK_IN(total == nTasks, "%d of %d tasks on %d threads", total, nTasks, threads);
    for (const int count : runs) CHECK(count == 1);
  }
}

/// A few steps and an encoding; returns what is left.
std::vector<float> work(const Kernels& kernels, const Recipe& recipe, int threads) {
  Random random(21);
  const Instance made = makeInstance(kernels, recipe, threads);
  load(*made, randomState(random, recipe));
  Controls controls = {};
  controls.lr = 0.01;
  controls.sparsityCoefficient = 0.1;
  controls.p = controls.nextP = 0.9;
  controls.k = 3;
  controls.clipNorm = 1;
  controls.wantStats = true;
  Report report;
  for (const int nTokens : {80, 150, 2}) {
    const std::vector<float> batch = randomBatch(random, nTokens, recipe.dIn);
    CHECK(trainStep(*made, batch.data(), nTokens, controls, report) == kOk);
    CHECK(encodeBatch(*made, batch.data(), nTokens, report) == kOk);
  }
  std::vector<float> left = everything(*made);
  for (size_t i = 0; i < made.engine->pairs.count(); i++) left.push_back(made.engine->pairs.value[i]);
  return left;
}

std::vector<Recipe> fewRecipes(const Kernels& kernels) {
  std::vector<Recipe> recipes(4);
  recipes[0].auxkCoefficient = 0.1;
  recipes[1].family = kBatchTopK;
  recipes[1].map = kProjection;
  recipes[2].family = kRelu;
  recipes[2].penalty = kLpNorm;
  recipes[3].family = kJumpRelu;
  recipes[3].penalty = kTarget;
  for (size_t i = 0; i < recipes.size(); i++) {
    recipes[i].dSae = 150;
    recipes[i].level = i % 2 == 0 ? automaticLevel(kernels) : kF32;
  }
  return recipes;
}

/// Engines of several host threads, each with threads of its own: they share nothing but the tables.
void checkTogether(const Kernels& kernels, int rounds) {
  const std::vector<Recipe> recipes = fewRecipes(kernels);
  std::vector<std::vector<float>> alone;
  for (const Recipe& recipe : recipes) alone.push_back(work(kernels, recipe, 1));
  for (int round = 0; round < rounds; round++) {
    std::vector<std::vector<float>> together(recipes.size());
    std::vector<std::thread> hosts;
    for (size_t i = 0; i < recipes.size(); i++) {
      hosts.emplace_back([&, i] { together[i] = work(kernels, recipes[i], 1 + (static_cast<int>(i) + round) % 3); });
    }
    for (std::thread& host : hosts) host.join();
    for (size_t i = 0; i < recipes.size(); i++) {
      CHECK_IN(alone[i].size() == together[i].size() && sameBits(alone[i].data(), together[i].data(), alone[i].size()),
               "engine %zu differs beside others", i);
    }
  }
}

/// One engine that host threads use in turn, as a host's pool of workers does; the last one disposes of it.
void checkInTurn(const Kernels& kernels) {
  Random random(22);
  const Recipe recipe = fewRecipes(kernels)[0];
  Instance made = makeInstance(kernels, recipe, 2);
  load(*made, randomState(random, recipe));
  const std::vector<float> batch = randomBatch(random, 40, recipe.dIn);
  Controls controls = {};
  controls.lr = 0.01;
  controls.k = 3;
  for (int turn = 0; turn < 4; turn++) {
    std::thread([&] {
      Report report;
      CHECK(trainStep(*made, batch.data(), 40, controls, report) == kOk);
    }).join();
  }
  std::thread([&] {
    made.engine.reset();
    made.pool.reset();
  }).join();
}

/// Engines and pools come and go while nothing runs, used or not.
void checkDispose(const Kernels& kernels) {
  for (const int threads : {0, 1, 2, 7}) {
    const std::unique_ptr<Pool> pool(createPool(threads));
    CHECK(pool != nullptr && pool->threads() >= 1);
  }
  for (const Recipe& recipe : fewRecipes(kernels)) {
    for (const int threads : {1, 4}) {
      const Instance unused = makeInstance(kernels, recipe, threads);
      CHECK(unused.engine != nullptr);
    }
  }
}

}  // namespace

void testThreads(const Kernels& kernels, const Effort& effort) {
  for (const int threads : {1, 2, 3, 7}) checkPool(threads, effort.times(200));
  checkTogether(kernels, effort.times(3));
  checkInTurn(kernels);
  checkDispose(kernels);
}

}  // namespace test
}  // namespace plumbline
