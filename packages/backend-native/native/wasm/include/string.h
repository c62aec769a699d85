/* What the core needs of a C library in WebAssembly; runtime.cc has the functions. */
#pragma once
#include <stddef.h>
#ifdef __cplusplus
extern "C" {
#endif
void* memcpy(void* to, const void* from, size_t n);
void* memmove(void* to, const void* from, size_t n);
void* memset(void* to, int value, size_t n);
#ifdef __cplusplus
}
#endif
/* Copies of a few bytes are one instruction to the compiler, which a call would not be. */
#define memcpy __builtin_memcpy
#define memset __builtin_memset
