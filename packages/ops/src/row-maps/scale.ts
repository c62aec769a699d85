import { add, div, mul, sub, type Tensor2D } from "@tensorflow/tfjs-core";
import { differentiable } from "../differentiable.ts";
import { rowDots } from "../rows.ts";
import { type RowMap, rowMapSpecVersion } from "./row-map.ts";

/**
 * `e = (d + w) / (1 + ⟨w, d⟩)`: scaled so that ⟨e, d⟩ = 1 for unit d.
 *
 * Gradients, with s = 1 + ⟨w, d⟩, v = d + w and q = ⟨g_e, v⟩ / s²: `g_w = g_e / s − q d`, `g_d = g_e / s − q w`.
 *
 * Not defined where ⟨w, d⟩ = −1; from w = 0 it was never near that in the runs behind the documentation's table.
 *
 * @param free_FD w
 * @param decoder_FD d, rows of norm 1
 * @source ours
 */
export function scaleToAligned(free_FD: Tensor2D, decoder_FD: Tensor2D): Tensor2D {
  const scale = (w: Tensor2D, d: Tensor2D): Tensor2D => add(1, rowDots(w, d)) as Tensor2D;
  return differentiable({
    inputs: [free_FD, decoder_FD],
    forward: () => div(add(decoder_FD, free_FD), scale(free_FD, decoder_FD)) as Tensor2D,
    gradient: (dy_FD, inputs) => {
      const [w, d] = inputs as [Tensor2D, Tensor2D];
      const s_F1 = scale(w, d);
      const direct_FD = div(dy_FD, s_F1);
      const q_F1 = div(rowDots(dy_FD, add(d, w) as Tensor2D), mul(s_F1, s_F1));
      return [sub(direct_FD, mul(q_F1, d)), sub(direct_FD, mul(q_F1, w))];
    },
  });
}

/** Scales d + w instead of projecting; a division and a gauge in exchange for no projection. */
export const scale: RowMap = Object.freeze({
  specVersion: rowMapSpecVersion,
  name: "scale",
  description: "e = (d + w) / (1 + ⟨w, d⟩), w = 0 at first",
  aligned: true,
  initialFree: (decoder: Float32Array) => new Float32Array(decoder.length),
  encoder: (free_FD: Tensor2D | undefined, decoder_FD: Tensor2D) =>
    free_FD === undefined ? decoder_FD : scaleToAligned(free_FD, decoder_FD),
});
