import { saveCheckpoint } from "@plumbline/checkpoints/node";

/**
 * Latents 0 … 24, each a colour and a shape: row = colour + 1.2 · shape, of 5 + 5 orthogonal directions. So latents of one colour
 * share a part, and so do latents of one shape.
 */
const nEach = 5;
export const dIn: number = 2 * nEach;
export const dSae: number = nEach * nEach;
export const colourOf = (latent: number): number => Math.floor(latent / nEach);
export const shapeOf = (latent: number): number => latent % nEach;

/** The ten sets of latents that share a part by construction. */
export const families: readonly (readonly number[])[] = [colourOf, shapeOf].flatMap((of) =>
  Array.from({ length: nEach }, (_, group) =>
    Array.from({ length: dSae }, (_, latent) => latent).filter((latent) => of(latent) === group),
  ),
);

/** Decoder rows [dSae, dIn]. */
export function colouredShapes(): Float32Array {
  const decoder = new Float32Array(dSae * dIn);
  for (let latent = 0; latent < dSae; latent++) {
    decoder[latent * dIn + colourOf(latent)] = 1;
    decoder[latent * dIn + nEach + shapeOf(latent)] = 1.2;
  }
  return decoder;
}

/** A checkpoint with these decoder rows. */
export async function saveColouredShapes(path: string): Promise<void> {
  const decoder = colouredShapes();
  const form = {
    ...{ dIn, dSae, decoder, encoder: decoder },
    encoderBias: new Float32Array(dSae),
    decoderBias: new Float32Array(dIn),
    subtractDecoderBias: true,
    activation: { kind: "topk", k: 2 },
    madeBy: { architecture: "topk", config: { k: 2 } },
  } as const;
  await saveCheckpoint(path, { form });
}
