import {
  type Architecture,
  type Constraint,
  type FusedDescription,
  type InitContext,
  type Named,
  type NamedArray,
  PlumblineError,
} from "@plumbline/core";
import { projection, type RowMap, rejectRows, type TensorMap, unitRows } from "@plumbline/ops";
import type { Tensor, Tensor2D } from "@tensorflow/tfjs-core";
import { unitRowsOf } from "./unit-rows-of.ts";

/** Stored name of the free rows that a map turns into encoder rows. */
export const freeRowsName = "encoderFree";

/** Parameters as the wrapped architecture knows them: the encoder computed from the free rows and the decoder. */
function effective(map: RowMap, stored: TensorMap): TensorMap {
  const { [freeRowsName]: free, ...others } = stored;
  return { ...others, encoder: map.encoder(free as Tensor2D | undefined, stored.decoder as Tensor2D) };
}

function notAlignable(what: string): PlumblineError {
  return new PlumblineError({
    code: "not-alignable",
    kind: "usage",
    message: `[aligned] aligned(): ${what}`,
    hint: "name its two row matrices encoder and decoder, each [dSae, dIn], and start decoder rows off zero",
  });
}

function initStored(inner: Architecture<Tensor>, map: RowMap, context: InitContext): Named<NamedArray> {
  const { encoder, decoder, ...others } = inner.init(context);
  if (encoder === undefined || decoder === undefined || !(decoder.data instanceof Float32Array)) {
    throw notAlignable(`architecture "${inner.name}" has no parameters named encoder and decoder`);
  }
  const rows = unitRowsOf(decoder.data, context.dIn);
  const zeroRow = rows.findIndex(Number.isNaN);
  if (zeroRow !== -1) {
    const row = Math.floor(zeroRow / context.dIn);
    throw notAlignable(`architecture "${inner.name}" starts with decoder row ${row} at norm 0`);
  }
  const free = map.initialFree?.(rows);
  return {
    ...(free === undefined ? {} : { [freeRowsName]: { shape: decoder.shape, data: free } }),
    ...others,
    decoder: { shape: decoder.shape, data: rows },
  };
}

/** The wrapped constraint, unit decoder rows on top, and the map's own upkeep of its free rows. */
function constraint(inner: Constraint<Tensor> | undefined, map: RowMap): Constraint<Tensor> {
  return {
    gradient: (gradients, parameters) => {
      const own = inner?.gradient(gradients, parameters) ?? {};
      const decoder = (own.decoder ?? gradients.decoder) as Tensor2D;
      return { ...own, decoder: rejectRows(decoder, parameters.decoder as Tensor2D) };
    },
    afterStep: (parameters) => {
      const own = inner?.afterStep(parameters) ?? {};
      const decoder = unitRows((own.decoder ?? parameters.decoder) as Tensor2D);
      const free = parameters[freeRowsName] as Tensor2D | undefined;
      const kept = free === undefined ? undefined : map.afterStep?.(free, decoder);
      return { ...own, decoder, ...(kept === undefined ? {} : { [freeRowsName]: kept }) };
    },
  };
}

function describe(fused: FusedDescription | undefined, map: RowMap): { fused?: FusedDescription } {
  return fused === undefined ? {} : { fused: { ...fused, rowMap: map.name } };
}

/** What the wrapped architecture asks for and does not get, a sentence each. */
function notesOn(architecture: Architecture<Tensor>, map: RowMap): readonly string[] {
  const { encoderInit = 1 } = architecture.config;
  const cases: readonly (readonly [boolean, string])[] = [
    [
      architecture.decoderRows === "free",
      "aligned training uses decoder rows of norm 1; the architecture's own choice of free rows is not in force",
    ],
    [
      encoderInit !== 1,
      `aligned training starts encoder rows at the decoder rows; encoderInit ${encoderInit} is not in force`,
    ],
    [!map.aligned, `the row map "${map.name}" does not hold alignment scores at one; it is a control`],
  ];
  return [...(architecture.notes ?? []), ...cases.filter(([holds]) => holds).map(([, note]) => note)];
}

/**
 * Aligned training of any architecture: ⟨encoder_i, decoder_i⟩ = 1 for every latent, at every step, by a
 * reparameterization. The encoder is no parameter any more; it follows from unit decoder rows and free rows through a row
 * map. What is saved for inference is an ordinary SAE with the map baked in.
 *
 * Works on architectures whose parameters include `encoder` and `decoder`, `[dSae, dIn]` each. An `encoderInit` of the wrapped
 * architecture has no effect, since alignment with unit rows fixes the scale. An architecture that leaves the norms of
 * its decoder rows free gets rows of norm 1. The `notes` say both.
 *
 * @param architecture any; its own constraint is kept, with unit decoder rows added
 * @param options.map how encoder rows follow; `projection` by default, a row map of `@plumbline/ops` or your own
 * @returns an architecture named `aligned`, whose configuration names the map and holds the wrapped one
 * @throws PlumblineError `not-alignable`, when an engine is made
 * @source the constraint: Brzozowski & Chung 2026 (arXiv 2605.18629); the maps: ours, chosen by measurement
 * @example
 * import { aligned } from "@plumbline/aligned";
 * import { topK } from "@plumbline/architectures";
 *
 * const architecture = aligned(topK({ k: 32 }));
 * console.log(architecture.name, architecture.config.map); // aligned projection
 */
export function aligned(
  architecture: Architecture<Tensor>,
  options: { map?: RowMap } = {},
): Architecture<Tensor> {
  const { map = projection } = options;
  const notes = notesOn(architecture, map);
  const wrapped = Object.freeze({ name: architecture.name, config: architecture.config });
  return Object.freeze({
    ...architecture,
    name: "aligned",
    config: Object.freeze({ map: map.name, architecture: wrapped }),
    decoderRows: "unit" as const,
    ...(notes.length === 0 ? {} : { notes }),
    init: (context: InitContext) => initStored(architecture, map, context),
    encode: (stored: TensorMap, buffers: TensorMap, x_BD: Tensor) =>
      architecture.encode(effective(map, stored), buffers, x_BD),
    decode: (stored: TensorMap, latents_BF: Tensor) =>
      architecture.decode(effective(map, stored), latents_BF),
    loss: (input: Parameters<Architecture<Tensor>["loss"]>[0]) =>
      architecture.loss({ ...input, parameters: effective(map, input.parameters) }),
    constrain: constraint(architecture.constrain, map),
    inference: (stored: TensorMap, buffers: TensorMap) =>
      architecture.inference(effective(map, stored), buffers),
    directions: (stored: TensorMap) => architecture.directions(effective(map, stored)),
    ...describe(architecture.fused, map),
  });
}
