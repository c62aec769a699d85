import type { Named, NamedArray } from "@plumbline/core";
import { type Tensor, tensor } from "@tensorflow/tfjs-core";

/** Copies arrays to the device; the caller owns the tensors. */
export function tensorsFrom(arrays: Named<NamedArray>): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, { shape, data }]) => [
      name,
      // A copy, because the cpu backend adopts the array it is given.
      tensor(data.slice(), [...shape], data instanceof Int32Array ? "int32" : "float32"),
    ]),
  );
}

/** Copies tensors to arrays; the tensors stay. */
export async function arraysFrom(tensors: Named<Tensor>): Promise<Record<string, NamedArray>> {
  const entries = Object.entries(tensors).map(async ([name, t]) => {
    const data = await t.data();
    // A copy, because the cpu backend hands out its live array.
    const copy = t.dtype === "int32" ? new Int32Array(data) : new Float32Array(data);
    return [name, { shape: [...t.shape], data: copy }] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}

export function disposeAll(tensors: Named<Tensor>): void {
  for (const t of Object.values(tensors)) t.dispose();
}

/** Zeros shaped like each tensor, float32; the caller owns them. */
export function zerosFor(arrays: Named<NamedArray>): Record<string, NamedArray> {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, { shape, data }]) => [
      name,
      { shape, data: new Float32Array(data.length) },
    ]),
  );
}
