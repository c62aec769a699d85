/** Dimensions that a native walk takes; native/tensor/elementwise.h. */
const mostDims = 6;

interface Dim {
  readonly size: number;
  readonly a: number;
  readonly b: number;
}

/** Strides of a contiguous tensor, aligned to the right of `rank` dimensions; 0 where it repeats. */
function strides(shape: readonly number[], rank: number): number[] {
  const out = new Array<number>(rank).fill(0);
  let stride = 1;
  for (let i = shape.length - 1, d = rank - 1; i >= 0; i--, d--) {
    const size = shape[i] ?? 1;
    out[d] = size === 1 ? 0 : stride;
    stride *= size;
  }
  return out;
}

/** Leaves out dimensions of size 1 and joins neighbours that are walked as one. */
function joined(dims: readonly Dim[]): Dim[] {
  const out: Dim[] = [];
  for (const dim of dims) {
    if (dim.size === 1) continue;
    const before = out.at(-1);
    if (before !== undefined && before.a === dim.a * dim.size && before.b === dim.b * dim.size) {
      out[out.length - 1] = { ...dim, size: before.size * dim.size };
    } else {
      out.push(dim);
    }
  }
  return out.length === 0 ? [{ size: 1, a: 0, b: 0 }] : out;
}

function planOf(dims: readonly Dim[]): Int32Array | undefined {
  const simple = joined(dims);
  if (simple.length > mostDims) return undefined;
  return Int32Array.from([
    ...simple.map((d) => d.size),
    ...simple.map((d) => d.a),
    ...simple.map((d) => d.b),
  ]);
}

/**
 * How two tensors are walked to give one of shape `out`: sizes, strides of a, strides of b, one after the other.
 *
 * @returns nothing where that takes more dimensions than the native loops have
 */
export function broadcastPlan(
  out: readonly number[],
  a: readonly number[],
  b: readonly number[],
): Int32Array | undefined {
  const [strideA, strideB] = [strides(a, out.length), strides(b, out.length)];
  return planOf(out.map((size, d) => ({ size, a: strideA[d] ?? 0, b: strideB[d] ?? 0 })));
}

/** The same for a part of a tensor, from its first entry on, and a scalar. */
export function partPlan(shape: readonly number[], size: readonly number[]): Int32Array | undefined {
  const stride = strides(shape, shape.length);
  return planOf(size.map((n, d) => ({ size: n, a: stride[d] ?? 0, b: 0 })));
}

/** The same for a tensor that is repeated along its dimensions, and a scalar. */
export function tilePlan(shape: readonly number[], reps: readonly number[]): Int32Array | undefined {
  const stride = strides(shape, shape.length);
  return planOf(
    shape.flatMap((size, d) => [
      { size: reps[d] ?? 1, a: 0, b: 0 },
      { size, a: stride[d] ?? 0, b: 0 },
    ]),
  );
}
