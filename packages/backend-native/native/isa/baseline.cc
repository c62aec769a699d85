#include "table.h"
// SSE2 on x86-64: sixteen registers of four floats.
extern const plumbline::Kernels kernelsBaseline = makeTable<6, 2>("baseline");
