#include "table.h"
// More than twelve sums and V8 spills them.
extern const plumbline::Kernels kernelsWasm = makeTable<4, 2>("wasm");
