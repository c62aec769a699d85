#define PL_VNNI 1
#include "table.h"
extern const plumbline::Kernels kernelsAvx512Vnni = makeTable<6, 4>("avx512-vnni");
