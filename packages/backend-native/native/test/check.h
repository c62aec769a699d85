// Checks that count, and say where and in which case they failed. Any thread may check.
#pragma once

namespace plumbline {
namespace test {

/// Counts a check; prints the place and the case where it failed, the first few times.
__attribute__((format(printf, 5, 6))) void check(bool holds, const char* file, int line, const char* what,
                                                 const char* format, ...);
long checkCount();
long failureCount();

}  // namespace test
}  // namespace plumbline

#define CHECK(condition) plumbline::test::check(condition, __FILE__, __LINE__, #condition, "%s", "")
/// With the case in words, as printf takes it.
#define CHECK_IN(condition, ...) plumbline::test::check(condition, __FILE__, __LINE__, #condition, __VA_ARGS__)
