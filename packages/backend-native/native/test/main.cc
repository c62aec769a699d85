// Runs the themes on one instruction set, the best by default, and counts; `--list` prints those that this processor runs.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <vector>

#include "check.h"
#include "themes.h"

namespace plumbline {
namespace test {
namespace {

constexpr long kMostPrinted = 20;
std::atomic<long> checks{0}, failures{0};
std::mutex printing;

struct Theme {
  const char* name;
  void (*run)(const Kernels& kernels, const Effort& effort);
};

constexpr Theme kThemes[] = {
    {"rows", testRows},     {"functions", testFunctions}, {"copies", testCopies}, {"gemm", testGemm},
    {"numbers", testNumbers}, {"bounds", testBounds},     {"screen", testScreen}, {"select", testSelect},
    {"api", testApi},       {"encode", testEncode},       {"step", testStep},     {"threads", testThreads}, {"tensors", testTensors},
};

struct Options {
  const char* isa = "";
  Effort effort;
  bool list = false, quiet = false;
  std::vector<const char*> themes;
};

bool readOptions(int argc, char** argv, Options& options) {
  for (int i = 1; i < argc; i++) {
    const auto is = [&](const char* name) { return strcmp(argv[i], name) == 0; };
    const bool takesValue = is("--isa") || is("--percent") || is("--seed");
    if (takesValue && i + 1 == argc) return false;
    if (is("--isa")) {
      options.isa = argv[++i];
    } else if (is("--percent")) {
      options.effort.percent = atoi(argv[++i]);
    } else if (is("--seed")) {
      options.effort.seed = strtoull(argv[++i], nullptr, 10);
    } else if (is("--list")) {
      options.list = true;
    } else if (is("--quiet")) {
      options.quiet = true;
    } else if (argv[i][0] == '-') {
      return false;
    } else {
      options.themes.push_back(argv[i]);
    }
  }
  return true;
}

bool isAsked(const Options& options, const char* theme) {
  for (const char* asked : options.themes) {
    if (strcmp(asked, theme) == 0) return true;
  }
  return options.themes.empty();
}

void runTheme(const Theme& theme, const Kernels& kernels, const Options& options) {
  const long before = checkCount(), failedBefore = failureCount();
  const auto start = std::chrono::steady_clock::now();
  theme.run(kernels, options.effort);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  const bool failed = failureCount() > failedBefore;
  if (options.quiet && !failed) return;
  printf("%s %-12s %-10s %9ld checks %7.2f s\n", failed ? "FAIL" : "ok  ", kernels.name, theme.name,
         checkCount() - before, seconds.count());
  fflush(stdout);
}

int run(int argc, char** argv) {
  Options options;
  if (!readOptions(argc, argv, options)) {
    fprintf(stderr, "[--list] [--quiet] [--isa <name>] [--percent <effort>] [--seed <n>] [<theme>…]\n");
    return 2;
  }
  for (int i = 0; options.list && kernelsName(i) != nullptr; i++) printf("%s\n", kernelsName(i));
  if (options.list) return 0;
  const Kernels* kernels = chooseKernels(options.isa);
  if (kernels == nullptr) {
    fprintf(stderr, "this processor does not run %s\n", options.isa);
    return 2;
  }
  for (const Theme& theme : kThemes) {
    if (isAsked(options, theme.name)) runTheme(theme, *kernels, options);
  }
  if (checkCount() == 0) fprintf(stderr, "nothing was checked: there is no such theme\n");
  printf("%ld checks, %ld failed\n", checkCount(), failureCount());
  return failureCount() == 0 && checkCount() > 0 ? 0 : 1;
}

}  // namespace

void check(bool holds, const char* file, int line, const char* what, const char* format, ...) {
  // Relaxed: a check must not order threads whose races are looked for.
  checks.fetch_add(1, std::memory_order_relaxed);
  if (holds) return;
  if (failures.fetch_add(1, std::memory_order_relaxed) >= kMostPrinted) return;
  const std::lock_guard<std::mutex> lock(printing);
  const char* name = strrchr(file, '/');
  fprintf(stderr, "%s:%d: %s does not hold ", name == nullptr ? file : name + 1, line, what);
  va_list arguments;
  va_start(arguments, format);
  vfprintf(stderr, format, arguments);
  va_end(arguments);
  fprintf(stderr, "\n");
}

long checkCount() { return checks; }
long failureCount() { return failures; }

}  // namespace test
}  // namespace plumbline

int main(int argc, char** argv) { return plumbline::test::run(argc, argv); }
