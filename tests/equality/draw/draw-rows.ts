import type { Dice } from "./dice.ts";

/** Widths, and the sizes that data, encoder rows and free decoder rows are drawn with. */
export interface RowOptions {
  readonly dIn: number;
  readonly dSae: number;
  readonly quantized: boolean;
  /** of tall cases: rows of −1 and 1 alone, so that hundreds of latents tie on every token */
  readonly tied: boolean;
  readonly scales: { readonly x: number; readonly e: number; readonly d: number };
}

/** Exponents of ten within which no square of a gradient leaves float32; powers of latents need more room. */
export function drawScales(dice: Dice, isPower: boolean): RowOptions["scales"] {
  if (dice.chance(0.6)) return { x: 1, e: 1, d: 1 };
  const most = isPower ? 1 : 6;
  for (;;) {
    const [x, e, d] = [0, 1, 2].map(() => (dice.chance(0.6) ? dice.between(-most, most) : 0)) as [
      number,
      number,
      number,
    ];
    const fits = 2 * x + e <= 11 && 2 * x + e + 2 * d <= 11 && 2 * x + 2 * e + d <= 13;
    if (fits && x + e >= -9 && 2 * x + e + 2 * d >= -14 && d + e + x >= -9)
      return { x: 10 ** x, e: 10 ** e, d: 10 ** d };
  }
}

/** Normal rows of an expected norm. */
function normalRows(dice: Dice, n: number, width: number, norm: number): Float32Array {
  const scale = norm / Math.sqrt(width);
  return Float32Array.from({ length: n * width }, () => scale * dice.random.normal());
}

function quantizedRows(dice: Dice, n: number, width: number, choices: readonly number[]): Float32Array {
  return Float32Array.from({ length: n * width }, () => dice.pick(choices));
}

function normalize(rows: Float32Array, width: number): Float32Array {
  for (let start = 0; start < rows.length; start += width) {
    let square = 0;
    for (let i = start; i < start + width; i++) square += (rows[i] ?? 0) ** 2;
    for (let i = start; i < start + width; i++) rows[i] = (rows[i] ?? 0) / Math.sqrt(square);
  }
  return rows;
}

/** Rows of norm exactly 1: 1, 4 or 16 entries of one size. */
function exactUnitRows(dice: Dice, n: number, width: number): Float32Array {
  const rows = new Float32Array(n * width);
  for (let i = 0; i < n; i++) {
    const count = dice.pick([1, 4, 16].filter((m) => m <= width));
    const places = new Set<number>();
    while (places.size < count) places.add(dice.random.integer(width));
    for (const place of places) rows[i * width + place] = dice.pick([-1, 1]) / Math.sqrt(count);
  }
  return rows;
}

export function drawDecoder(dice: Dice, options: RowOptions, unitRows: boolean): Float32Array {
  const { dIn, dSae, quantized, scales } = options;
  if (quantized) {
    return unitRows || options.tied || dice.chance(0.3)
      ? exactUnitRows(dice, dSae, dIn)
      : quantizedRows(dice, dSae, dIn, [-1, -0.5, 0, 0.5, 1]);
  }
  const rows = normalRows(dice, dSae, dIn, scales.d);
  if (unitRows) return normalize(rows, dIn);
  // A row of zeros has no direction and never fires where norms rank.
  if (dice.chance(0.1)) rows.fill(0, 0, dIn);
  return rows;
}

/** Encoder rows beside the decoder rows, or anywhere. */
export function drawEncoder(dice: Dice, options: RowOptions, decoder: Float32Array): Float32Array {
  const { dIn, dSae, quantized, scales } = options;
  if (quantized) {
    const choices = options.tied
      ? [-1, 1, 1, 1]
      : dice.pick([
          [-1, -0.5, 0, 0, 0.5, 1],
          [-1, 1],
          [0, 1],
        ]);
    return quantizedRows(dice, dSae, dIn, choices);
  }
  const rows = normalRows(dice, dSae, dIn, scales.e);
  if (dice.chance(0.5)) {
    const near = scales.e / scales.d;
    for (let i = 0; i < rows.length; i++) rows[i] = 0.3 * (rows[i] ?? 0) + near * (decoder[i] ?? 0);
  }
  if (dice.chance(0.15)) {
    for (let i = 0; i < dSae; i++) {
      const factor = dice.chance(0.3) ? dice.power(-3, 1) : 1;
      for (let j = i * dIn; j < (i + 1) * dIn; j++) rows[j] = factor * (rows[j] ?? 0);
    }
  }
  return rows;
}

/** Free rows of a row map; those of `scale` are kept from where the map is not defined. */
export function drawFree(dice: Dice, options: RowOptions, decoder: Float32Array, map: string): Float32Array {
  const { dIn, dSae, quantized, scales } = options;
  const most = map === "scale" ? 0.5 : 2;
  const size = dice.pick(options.tied ? [0] : [0, 0.1, 0.5, most]) * (map === "scale" ? 1 : scales.e);
  const rows = quantized
    ? quantizedRows(dice, dSae, dIn, size === 0 ? [0] : [-0.25, 0, 0, 0.25])
    : normalRows(dice, dSae, dIn, size);
  for (let i = 0; i < dSae; i++) {
    let along = 0;
    for (let j = i * dIn; j < (i + 1) * dIn; j++) along += (rows[j] ?? 0) * (decoder[j] ?? 0);
    if (map === "scale" && Math.abs(1 + along) < 0.2) rows.fill(0, i * dIn, (i + 1) * dIn);
  }
  if (map === "projection-from-decoder")
    for (let i = 0; i < rows.length; i++) rows[i] = (rows[i] ?? 0) + (decoder[i] ?? 0);
  return rows;
}

/** @param options.sparse far enough below 0 that few latents fire, as after training with a penalty */
export function drawBias(
  dice: Dice,
  n: number,
  options: { scale: number; quantized: boolean; sparse?: boolean },
): Float32Array {
  const { scale, quantized, sparse = false } = options;
  if (sparse)
    return Float32Array.from({ length: n }, () =>
      quantized ? -1 : scale * (0.4 * dice.random.normal() - 2),
    );
  if (dice.chance(0.35)) return new Float32Array(n);
  if (quantized) return Float32Array.from({ length: n }, () => dice.pick([-0.5, -0.25, 0, 0, 0.25, 0.5]));
  // A shift that all have leaves the order to the last bits of the scores.
  const [huge, shift] = [dice.chance(0.2), dice.chance(0.1) ? dice.power(1, 4) : dice.pick([0, 0, -1.5])];
  return Float32Array.from({ length: n }, () => {
    const factor = huge && dice.chance(0.1) ? dice.power(1, 4) : 1;
    return factor * scale * (0.4 * dice.random.normal() + shift);
  });
}

function mixtureRows(dice: Dice, n: number, options: RowOptions, decoder: Float32Array): Float32Array {
  const { dIn, dSae, scales } = options;
  const rows = normalRows(dice, n, dIn, 0.1 * scales.x);
  for (let b = 0; b < n; b++) {
    for (let i = 0; i < 4; i++) {
      const [f, weight] = [dice.random.integer(dSae), (scales.x / scales.d) * (0.2 + dice.random.uniform())];
      for (let j = 0; j < dIn; j++)
        rows[b * dIn + j] = (rows[b * dIn + j] ?? 0) + weight * (decoder[f * dIn + j] ?? 0);
    }
  }
  return rows;
}

function disturb(dice: Dice, rows: Float32Array, n: number, options: RowOptions): void {
  const { dIn, scales } = options;
  const scaleAt = (i: number, factor: number): void => {
    rows[i] = factor * (rows[i] ?? 0);
  };
  if (dice.chance(0.25)) {
    for (let count = 1 + dice.random.integer(3); count > 0; count--) {
      const [dimension, factor] = [dice.random.integer(dIn), dice.power(1, scales.x > 1e3 ? 1 : 3)];
      for (let b = 0; b < n; b++) scaleAt(b * dIn + dimension, factor);
    }
  }
  if (dice.chance(0.15)) {
    for (let b = 0; b < n; b++) {
      const factor = dice.chance(0.3) ? dice.power(-3, scales.x > 1e3 ? 0 : 2) : 1;
      for (let j = b * dIn; j < (b + 1) * dIn; j++) scaleAt(j, factor);
    }
  }
}

/** A batch with outliers, zero rows, rows at the center and rows that occur twice. */
export function drawBatch(
  dice: Dice,
  n: number,
  options: RowOptions,
  at: { decoder: Float32Array; decoderBias: Float32Array; tame: boolean },
): Float32Array {
  const { dIn, quantized, scales } = options;
  const rows = quantized
    ? quantizedRows(dice, n, dIn, options.tied ? [0.25, 0.5, 1] : [-1, -0.5, -0.25, 0, 0.25, 0.5, 1])
    : dice.chance(0.3)
      ? mixtureRows(dice, n, options, at.decoder)
      : normalRows(dice, n, dIn, scales.x);
  if (!quantized && !at.tame) disturb(dice, rows, n, options);
  for (let b = 0; b < n && dice.chance(0.5); b++) {
    const kind = dice.random.uniform();
    if (kind < 0.1) rows.fill(0, b * dIn, (b + 1) * dIn);
    else if (kind < 0.15) rows.set(at.decoderBias, b * dIn);
    else if (kind < 0.35) rows.copyWithin(b * dIn, dice.random.integer(n) * dIn, 0);
  }
  if (dice.chance(0.25)) {
    for (let count = dice.random.integer(n); count > 0; count--) {
      const [from, to] = [dice.random.integer(n), dice.random.integer(n)];
      rows.copyWithin(to * dIn, from * dIn, (from + 1) * dIn);
    }
  }
  return rows;
}
