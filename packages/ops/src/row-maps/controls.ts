import { add, type Tensor2D } from "@tensorflow/tfjs-core";
import { type RowMap, rowMapSpecVersion } from "./row-map.ts";

/** Control: the encoder turns with the decoder, but nothing holds the score at one. */
export const coupled: RowMap = Object.freeze({
  specVersion: rowMapSpecVersion,
  name: "coupled",
  description: "e = d + w, w = 0 at first; a control, not aligned",
  aligned: false,
  initialFree: (decoder: Float32Array) => new Float32Array(decoder.length),
  encoder: (free_FD: Tensor2D | undefined, decoder_FD: Tensor2D) =>
    free_FD === undefined ? decoder_FD : (add(decoder_FD, free_FD) as Tensor2D),
});

/** Control: aligned, with no freedom left to the encoder. */
export const tied: RowMap = Object.freeze({
  specVersion: rowMapSpecVersion,
  name: "tied",
  description: "e = d; a control: aligned, no free rows",
  aligned: true,
  encoder: (_free_FD: Tensor2D | undefined, decoder_FD: Tensor2D) => decoder_FD.clone() as Tensor2D,
});
