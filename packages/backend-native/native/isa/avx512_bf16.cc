#define PL_VNNI 1
#define PL_BF16 1
#include "table.h"
extern const plumbline::Kernels kernelsAvx512Bf16 = makeTable<6, 4>("avx512-bf16");
