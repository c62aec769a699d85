#include "table.h"
extern const plumbline::Kernels kernelsAvx512 = makeTable<6, 4>("avx512");
