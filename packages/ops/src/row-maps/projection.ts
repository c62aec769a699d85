import { add, mul, sub, type Tensor2D } from "@tensorflow/tfjs-core";
import { differentiable } from "../differentiable.ts";
import { rejectRows, rowDots } from "../rows.ts";
import { type RowMap, rowMapSpecVersion } from "./row-map.ts";

/**
 * `e = v + (1 − ⟨v, d⟩) d`: the part of v off d, plus d itself. For unit d, ⟨e, d⟩ = 1 whatever v is.
 *
 * Gradients: `g_v = g_e − ⟨g_e, d⟩ d`, `g_d = (1 − ⟨v, d⟩) g_e − ⟨g_e, d⟩ v`.
 *
 * @param free_FD v, any
 * @param decoder_FD d, rows of norm 1
 * @returns e `[F, D]`
 * @source ours
 */
export function projectOntoAligned(free_FD: Tensor2D, decoder_FD: Tensor2D): Tensor2D {
  const missing = (v: Tensor2D, d: Tensor2D): Tensor2D => sub(1, rowDots(v, d)) as Tensor2D;
  return differentiable({
    inputs: [free_FD, decoder_FD],
    forward: () => add(free_FD, mul(missing(free_FD, decoder_FD), decoder_FD)) as Tensor2D,
    gradient: (dy_FD, inputs) => {
      const [v, d] = inputs as [Tensor2D, Tensor2D];
      const along_F1 = rowDots(dy_FD, d);
      return [sub(dy_FD, mul(along_F1, d)), sub(mul(missing(v, d), dy_FD), mul(along_F1, v))];
    },
  });
}

/** The default map: w starts at 0 and is kept orthogonal to d, so the encoder turns with the decoder. */
export const projection: RowMap = Object.freeze({
  specVersion: rowMapSpecVersion,
  name: "projection",
  description: "e = d + w with w ⊥ d, w = 0 at first and put back off d after each step",
  aligned: true,
  initialFree: (decoder: Float32Array) => new Float32Array(decoder.length),
  encoder: (free_FD: Tensor2D | undefined, decoder_FD: Tensor2D) =>
    free_FD === undefined ? decoder_FD : projectOntoAligned(free_FD, decoder_FD),
  afterStep: rejectRows,
});

/** The same formula from another start: v = d at first and never put back. The encoder stays where it was when d turns. */
export const projectionFromDecoder: RowMap = Object.freeze({
  specVersion: rowMapSpecVersion,
  name: "projection-from-decoder",
  description: "e = v + (1 − ⟨v, d⟩) d with v = d at first",
  aligned: true,
  initialFree: (decoder: Float32Array) => decoder.slice(),
  encoder: projection.encoder,
});
