#include "table.h"
// Sixteen registers: 6 × 2 sums, the two vectors of a step, the broadcast.
extern const plumbline::Kernels kernelsAvx2 = makeTable<6, 2>("avx2");
