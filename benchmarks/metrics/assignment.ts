import { nativeRowProducts } from "@plumbline/backend-native";
import { createRandom, fillNormal } from "@plumbline/core";
import { type MatchOptions, matchRows, type RowProducts, rowProducts, unitRows } from "@plumbline/metrics";
import { statusBytes, timed } from "../engine/ours/meters.ts";
import { megabytes, short } from "../engine/report/numbers.ts";
import { sayMachine } from "../machine.ts";
import { runWithNumbers } from "../whole-numbers.ts";

const flags = {
  "d-sae": { fallback: 16_384, of: "latents of each of two dictionaries" },
  "d-in": { fallback: 768, of: "width" },
  seed: { fallback: 1, of: "seed of the rows" },
};

/** Two dictionaries as two seeds leave them: half of the latents in both, with noise of all sizes, half in one only. */
function dictionaries(dSae: number, dIn: number, seed: number): [Float32Array, Float32Array] {
  const random = createRandom(seed);
  const a = fillNormal(new Float32Array(dSae * dIn), random);
  const b = fillNormal(new Float32Array(dSae * dIn), random);
  for (let row = 0; row < dSae; row += 2) {
    const noise = random.uniform();
    for (let j = row * dIn; j < (row + 1) * dIn; j++) b[j] = (a[j] ?? 0) + noise * (b[j] ?? 0);
  }
  return [unitRows(a, dIn), unitRows(b, dIn)];
}

async function findProducts(): Promise<{ products: RowProducts; from: string }> {
  try {
    return { products: await nativeRowProducts(), from: "the addon" };
  } catch {
    return { products: rowProducts, from: "JavaScript" };
  }
}

async function measure(numbers: Readonly<Record<keyof typeof flags, number>>): Promise<void> {
  const { "d-sae": dSae, "d-in": dIn, seed } = numbers;
  sayMachine();
  const { products, from } = await findProducts();
  const [a, b] = dictionaries(dSae, dIn, seed);
  const baseline = statusBytes("VmRSS");
  console.log(`\n${dSae} × ${dSae} cosines of rows of ${dIn}, products by ${from}\n`);
  const runs: readonly [string, MatchOptions][] = [
    ["from candidates", { maxBytes: 0 }],
    ["exact", { maxBytes: Number.MAX_SAFE_INTEGER }],
  ];
  for (const [name, options] of runs) {
    let inProducts = 0;
    const counted: RowProducts = (...args) => {
      const start = performance.now();
      products(...args);
      inProducts += performance.now() - start;
    };
    let mean = Number.NaN;
    let atMost = Number.NaN;
    const { wallMs, cpuMs } = await timed(async () => {
      const { cosines, sumAtMost } = matchRows(a, b, dIn, { ...options, products: counted });
      mean = cosines.reduce((sum, cosine) => sum + cosine, 0) / dSae;
      atMost = sumAtMost / dSae;
    });
    console.log(
      `${name.padEnd(16)} wall ${short(wallMs / 1000)} s (products ${short(inProducts / 1000)}), CPU ${short(cpuMs / 1000)} s, peak ${megabytes(statusBytes("VmHWM") - baseline)} MB beside the rows, mean cosine ${mean.toFixed(6)}, at most ${atMost.toFixed(6)}`,
    );
  }
}

/** `npm run -s bench -- assignment`: matching the latents of two dictionaries one to one. */
export const assignmentBenchmark = (argv: readonly string[]): Promise<number> =>
  runWithNumbers({ name: "assignment", flags, run: measure }, argv);
