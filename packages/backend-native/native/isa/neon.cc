#include "table.h"
extern const plumbline::Kernels kernelsNeon = makeTable<6, 4>("neon");
