import { createRandom, fillNormal } from "@plumbline/core";
import { setBackend, type Tensor, tensor, tidy } from "@tensorflow/tfjs-core";
import { expect, describe as suite } from "vitest";
import { nativeTfjsBackend } from "./native-tfjs-backend.ts";
import { tfjsName } from "./register.ts";

const probe = await nativeTfjsBackend.probe();

/** A suite that needs the addon; skipped by name, with the reason, where there is none. */
export function nativeSuite(name: string, body: () => void): void {
  if (probe.available) suite(name, body);
  else suite.skip(`${name}: ${probe.reason}`, body);
}

/** Borders of what a float32 can be. */
const special = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  0,
  -0,
  1e-41,
  -3e38,
  88.5,
  -88,
];

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);

/** Normal numbers, the same for the same seed. `ties` rounds them, `borders` puts special values among them. */
export function numbers(
  shape: readonly number[],
  seed: number,
  options: { ties?: boolean; borders?: boolean } = {},
): Float32Array {
  const out = fillNormal(new Float32Array(sizeOf(shape)), createRandom(seed));
  return out.map((value, i) => {
    if (options.borders === true && i % 7 === 3) return special[(i * 31 + seed) % special.length] ?? 0;
    return options.ties === true ? Math.round(value * 2) : value;
  });
}

export const floats = (shape: readonly number[], seed: number, options = {}): Tensor =>
  tensor(numbers(shape, seed, options), [...shape]);

/** The tensors that `work` makes on one backend: shapes, types, numbers. */
export function on(
  backend: string,
  work: () => readonly Tensor[],
): readonly { shape: number[]; dtype: string; data: number[] }[] {
  void setBackend(backend);
  const made: { shape: number[]; dtype: string; data: number[] }[] = [];
  tidy(() => {
    for (const t of work()) made.push({ shape: t.shape, dtype: t.dtype, data: Array.from(t.dataSync()) });
  });
  return made;
}

/**
 * Runs the same work on the native backend and on tfjs's cpu backend.
 *
 * @param tolerance what results may differ by, times 1 + their size; 0 where every bit has to agree, but for the sign of 0
 */
export function expectAsOnCpu(work: () => readonly Tensor[], tolerance: number): void {
  const [native, cpu] = [on(tfjsName, work), on("cpu", work)];
  expect(native.map(({ shape, dtype }) => ({ shape, dtype }))).toEqual(
    cpu.map(({ shape, dtype }) => ({ shape, dtype })),
  );
  cpu.forEach(({ data }, t) => {
    const got = native[t]?.data ?? [];
    const wrong = data.findIndex((expected, i) => {
      const value = got[i] ?? Number.NaN;
      if (Object.is(value, expected) || value === expected) return false;
      return !(Math.abs(value - expected) <= tolerance * (1 + Math.abs(expected)));
    });
    expect(wrong < 0 ? "" : `result ${t} at ${wrong}: ${got[wrong]}, on cpu ${data[wrong]}`).toBe("");
  });
}
