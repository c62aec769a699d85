// What the core needs of its surroundings: memory, and nothing else. No exceptions, no standard containers, so that the
// same files compile to WebAssembly without a C++ library.
#pragma once
#include <stddef.h>
#include <stdint.h>

namespace plumbline {

/// Bytes on a 64-byte border, zeroed; null where there are none left.
void* allocate(size_t bytes);
void release(void* memory);

/// A block of plain values on a 64-byte border. It keeps the largest size that was asked for.
template <class T>
class Array {
 public:
  Array() = default;
  Array(const Array&) = delete;
  Array& operator=(const Array&) = delete;
  ~Array() { release(data_); }

  /// Room for `size` values; what was in it is lost when it has to grow. False where memory ran out.
  bool resize(size_t size) {
    if (size > (SIZE_MAX - kPadBytes) / sizeof(T)) return false;
    if (size > capacity_) {
      release(data_);
      data_ = static_cast<T*>(allocate(size * sizeof(T) + kPadBytes));
      capacity_ = data_ == nullptr ? 0 : size;
    }
    size_ = size <= capacity_ ? size : 0;
    return size <= capacity_;
  }
  void clear() {
    release(data_);
    data_ = nullptr;
    size_ = capacity_ = 0;
  }
  void fill(T value) {
    for (size_t i = 0; i < size_; i++) data_[i] = value;
  }
  T* data() { return data_; }
  const T* data() const { return data_; }
  size_t size() const { return size_; }
  T& operator[](size_t i) { return data_[i]; }
  const T& operator[](size_t i) const { return data_[i]; }

 private:
  // A whole vector may be read at any element, so that loops need no scalar tail.
  static constexpr size_t kPadBytes = 64;
  T* data_ = nullptr;
  size_t size_ = 0;
  size_t capacity_ = 0;
};

template <class T>
T smaller(T a, T b) {
  return b < a ? b : a;
}
template <class T>
T larger(T a, T b) {
  return a < b ? b : a;
}
inline size_t roundUp(size_t value, size_t unit) { return (value + unit - 1) / unit * unit; }

/// Row strides are whole cache lines, the padding zero: row loops have no tail and rows are aligned.
constexpr int kRowUnit = 16;
/// Latents are padded to a multiple of every tile height that a kernel uses (6, 4, 3, 8).
constexpr int kLatentUnit = 24;

}  // namespace plumbline
