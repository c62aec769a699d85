// What the tests of tensor kernels share: devices, numbers in arrays of exactly their size, comparisons.
#pragma once
#include "../tensor/tensor.h"
#include "cases.h"

namespace plumbline {
namespace test {

using Numbers = std::vector<float>;

/// A device with one thread and one with several, whose results have to be the same.
struct Devices {
  tensor::Device one, several;
};
void makeDevices(const Kernels& kernels, Devices& devices);

Numbers normals(Random& random, size_t n);
/// Whether all are within `tolerance · (1 + |wanted|)`.
bool close(const Numbers& got, const std::vector<double>& wanted, double tolerance);
inline bool same(const Numbers& a, const Numbers& b) { return a.size() == b.size() && sameBits(a.data(), b.data(), a.size()); }

/// Runs `work(device, out)` on both devices; checks that the results agree and gives one.
template <class Work>
Numbers onBoth(Devices& devices, size_t size, const Work& work, bool& agree) {
  Numbers a(size), b(size);
  work(devices.one, a.data());
  work(devices.several, b.data());
  agree = same(a, b);
  return a;
}

void testTensorRows(Devices& devices, Random& random, int rounds);

}  // namespace test
}  // namespace plumbline
