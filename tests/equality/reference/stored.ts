import type { RowPenalty } from "@plumbline/core";
import type { Bounded } from "./forward.ts";
import type { Gradients, Rows } from "./gradients.ts";
import { addTo, dot, grow, norm, probable, scaleBy, times, unit } from "./numbers.ts";
import type { Problem } from "./problem.ts";

/** Adds the pull of a second objective on decoder rows; returns its value. */
export function addRowPenalty(problem: Problem, into: Rows, penalty: RowPenalty): Bounded {
  const { dIn, dSae, decoder } = problem;
  let [value, error] = [0, 0];
  for (let f = 0; f < dSae; f++) {
    const away = decoder.slice(f * dIn, (f + 1) * dIn);
    for (let j = 0; j < dIn; j++) grow(away, j, -(penalty.target[f * dIn + j] as number));
    const exponent = dot(away, 0, away, 0, dIn) / penalty.width;
    const near = (penalty.weight / dSae) * Math.exp(-exponent);
    const lost = near * (probable(dIn) * exponent + 16 * unit);
    const slope = (2 / penalty.width) * norm(away, 0, dIn);
    addTo(into.rows, f * dIn, (-2 * near) / penalty.width, away, 0, dIn);
    grow(into.error, f, slope * (lost + 8 * unit * near));
    value += near;
    error += lost;
  }
  return { value, error };
}

/** Gradients of one row through its row map: what the free row and the decoder row get of the effective row's gradient. */
function throughMap(problem: Problem, g: Gradients, f: number): void {
  const { rule, dIn, decoder, stored } = problem;
  const start = f * dIn;
  const [gE, gD] = [g.encoder.rows, g.decoder.rows];
  const size = norm(gE, start, dIn);
  const lost = g.encoder.error[f] as number;
  const share = probable(dIn);
  if (rule.map === "coupled" || rule.map === "tied" || stored === undefined) {
    addTo(gD, start, 1, gE, start, dIn);
    grow(g.decoder.error, f, lost + unit * size);
    return;
  }
  const along = dot(gE, start, decoder, start, dIn);
  const inner = dot(stored, start, decoder, start, dIn);
  const wNorm = norm(stored, start, dIn);
  const lostAlong = lost + share * size;
  const lostInner = share * wNorm + 4 * unit;
  if (rule.map === "scale") {
    const s = 1 + inner;
    const q = (along + dot(gE, start, stored, start, dIn)) / (s * s);
    const relative = lostInner / Math.abs(s);
    const lostDirect = (lost + size * (relative + 4 * unit)) / Math.abs(s);
    const lostQ = ((lost + share * size) * (1 + wNorm)) / (s * s) + Math.abs(q) * (2 * relative + 8 * unit);
    scaleBy(gE, start, 1 / s, dIn);
    addTo(gD, start, 1, gE, start, dIn);
    addTo(gD, start, -q, stored, start, dIn);
    addTo(gE, start, -q, decoder, start, dIn);
    grow(g.decoder.error, f, lostDirect + times(wNorm, lostQ + 4 * unit * Math.abs(q)));
    g.encoder.error[f] = lostDirect + lostQ + 4 * unit * Math.abs(q);
    return;
  }
  const missing = 1 - inner;
  addTo(gD, start, missing, gE, start, dIn);
  addTo(gD, start, -along, stored, start, dIn);
  addTo(gE, start, -along, decoder, start, dIn);
  grow(
    g.decoder.error,
    f,
    times(Math.abs(missing), lost + 4 * unit * size) +
      lostInner * (size + lost) +
      times(wNorm, lostAlong + 4 * unit * Math.abs(along)),
  );
  g.encoder.error[f] = lost + lostAlong + 4 * unit * size;
}

/** Takes from a decoder row's gradient its part along the row. */
function reject(problem: Problem, gradient: Rows, f: number): void {
  const { dIn, decoder } = problem;
  const start = f * dIn;
  const square = dot(decoder, start, decoder, start, dIn);
  if (square === 0) return;
  const size = norm(gradient.rows, start, dIn);
  const along = dot(gradient.rows, start, decoder, start, dIn) / square;
  addTo(gradient.rows, start, -along, decoder, start, dIn);
  // Engines differ in whether they divide by the norm, which is 1 but for rounding, and in whether they project twice.
  const offNorm = Math.abs(square - 1);
  gradient.error[f] = 2 * (gradient.error[f] as number) + (2 * probable(dIn) + 2 * offNorm) * size;
}

/** Gradients over stored parameters by name, constraints applied. */
export function storedGradients(problem: Problem, g: Gradients): Readonly<Record<string, Rows>> {
  const { rule, dSae, stored } = problem;
  if (rule.map !== "none") for (let f = 0; f < dSae; f++) throughMap(problem, g, f);
  if (rule.unitRows) for (let f = 0; f < dSae; f++) reject(problem, g.decoder, f);
  const encoderName = rule.map === "none" ? "encoder" : "encoderFree";
  return {
    ...(stored === undefined ? {} : { [encoderName]: g.encoder }),
    encoderBias: g.encoderBias,
    decoder: g.decoder,
    decoderBias: g.decoderBias,
    ...(rule.kind === "jumprelu" ? { [rule.logThreshold ? "logThreshold" : "threshold"]: g.threshold } : {}),
  };
}

/** The global norm. Squares below the smallest number vanish in float32. */
export function normOf(gradients: Readonly<Record<string, Rows>>): Bounded {
  let [square, lost, count] = [0, 0, 0];
  for (const { rows, error } of Object.values(gradients)) {
    square += dot(rows, 0, rows, 0, rows.length);
    lost += dot(error, 0, error, 0, error.length);
    count += rows.length;
  }
  const value = Math.sqrt(square);
  return { value, error: Math.sqrt(lost) + 1e-6 * value + Math.sqrt(count) * 2 ** -74 };
}

/** Gradients as Adam gets them: clipped as torch clips. */
export function clip(
  gradients: Readonly<Record<string, Rows>>,
  total: Bounded,
  clipNorm: number | undefined,
): { clipped: Readonly<Record<string, Rows>>; factor: Bounded } {
  if (clipNorm === undefined) return { clipped: gradients, factor: { value: 1, error: 0 } };
  const factorOf = (value: number): number => Math.min(1, clipNorm / (Math.max(0, value) + 1e-6));
  const value = factorOf(total.value);
  const error =
    Math.max(factorOf(total.value - total.error) - value, value - factorOf(total.value + total.error)) +
    8 * unit * value;
  const clipped = Object.fromEntries(
    Object.entries(gradients).map(([name, { rows, width, error: lost }]) => {
      const ofRow = (f: number): number => norm(rows, f * width, width);
      return [
        name,
        {
          rows: rows.map((gradient) => gradient * value),
          width,
          error: lost.map((off, f) => value * off + times(error, ofRow(f) + off)),
        },
      ];
    }),
  );
  return { clipped, factor: { value, error } };
}
