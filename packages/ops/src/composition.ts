import { getBackend } from "@tensorflow/tfjs-core";
import { hasFused } from "./fused-kernels.ts";

/**
 * How sums over K chosen of F latents are made: on gathered rows, or as a product of matrices that are mostly zeros. Both give the
 * same up to rounding.
 */
export type Composition = "rows" | "dense";

/**
 * F / K from which on gathered rows are cheaper, by tfjs backend. `npm run -s bench -- rows` (B 512, D 512, F 2048, one thread) found
 * both equal at 58 to 65 on cpu, 13 to 30 on wasm and 27 to 98 on TensorFlow, for K from 128 down to 8: rows cost so much for each of
 * K, the dense product the same for all K. Gathered rows also take B · K · D floats of memory.
 */
const breakEven: Readonly<Record<string, number>> = { cpu: 60, wasm: 20, tensorflow: 50 };

/** Of backends that were not measured, as of wasm. */
const elsewhere = 20;

/**
 * With kernels of their own, which gather nothing, whole steps break even near F / 8 (B 2048, D 768, F 16384) to F / 4 (B 1024,
 * D 512, F 4096).
 */
const withFusedKernels = 8;

/** What is cheaper on the active tfjs backend for K of F latents. The same on every machine, so that a run can be repeated. */
export function cheaperComposition(k: number, dSae: number): Composition {
  const ratio = hasFused("accumulateRows") ? withFusedKernels : (breakEven[getBackend()] ?? elsewhere);
  return k * ratio <= dSae ? "rows" : "dense";
}
