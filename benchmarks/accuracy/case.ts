import { createRandom, fillNormal, joinState, type NamedArray } from "@plumbline/core";
import type { ReferenceCase } from "../../tests/equality/case.ts";
import { dot, norm } from "../../tests/equality/reference/numbers.ts";
import { ruleOf } from "../../tests/equality/rule.ts";
import { scaleToUnit, sparseThreshold } from "../engine/data/batches.ts";
import { syntheticRows } from "../engine/data/synthetic.ts";
import { architectureOf } from "../engine/ours/architecture.ts";
import type { OurSettings } from "../engine/ours/settings.ts";
import type { Sizes } from "../engine/protocol.ts";

/** Which step is taken: everything else of it follows from these. */
export interface CaseSettings extends Sizes {
  /** as tables have it */
  readonly name: string;
  readonly architecture: OurSettings["architecture"];
  readonly aligned: boolean;
  readonly seed: number;
}

/** Weights of the penalties, and the width of JumpReLU's kernel, in which some thousand pairs lie. */
export const penalties = { l1: 0.01, l0: 0.01, bandwidth: 0.02 } as const;

/** Every architecture, free and aligned. */
export function caseSettings(sizes: Sizes, seed: number): readonly CaseSettings[] {
  const architectures = ["topk", "batch-topk", "relu-l1", "jumprelu"] as const;
  return architectures.flatMap((architecture) =>
    [false, true].map((isAligned) => ({
      ...sizes,
      name: isAligned ? `${architecture} aligned` : architecture,
      architecture,
      aligned: isAligned,
      seed,
    })),
  );
}

/** Rows of norm 1, each without its part along a row of `off` where that is given. */
function directions(shape: Sizes, seed: number, off?: Float32Array): Float32Array {
  const { dIn, dSae } = shape;
  const rows = Float64Array.from(fillNormal(new Float32Array(dSae * dIn), createRandom(seed)));
  const others = Float64Array.from(off ?? []);
  for (let start = 0; start < rows.length; start += dIn) {
    const along = off === undefined ? 0 : dot(rows, start, others, start, dIn);
    for (let j = start; j < start + dIn; j++) rows[j] = (rows[j] ?? 0) - along * (others[j] ?? 0);
    const size = norm(rows, start, dIn);
    for (let j = start; j < start + dIn; j++) rows[j] = (rows[j] ?? 0) / size;
  }
  return Float32Array.from(rows);
}

/** Parameters as they are some time into training: the encoder near the decoder, biases and thresholds that differ. */
function drawParameters(settings: CaseSettings, batch: Float32Array, level: number) {
  const { dIn, dSae, seed } = settings;
  const noise = (n: number, stream: string): Float32Array =>
    fillNormal(new Float32Array(n), createRandom(seed).stream(stream));
  const decoder = directions(settings, seed + 1);
  const away = directions(settings, seed + 2, decoder).map((value) => 0.3 * value);
  const silent = settings.architecture === "relu-l1" ? level : 0;
  return {
    decoder,
    encoder: decoder.map((value, i) => value + (away[i] ?? 0)),
    encoderFree: away,
    encoderBias: noise(dSae, "encoder bias").map((value) => 0.1 * level * value - silent),
    decoderBias: Float32Array.from({ length: dIn }, (_, j) => {
      let sum = 0;
      for (let i = j; i < batch.length; i += dIn) sum += batch[i] ?? 0;
      return (sum * dIn) / batch.length;
    }),
    threshold: noise(dSae, "threshold").map((value) => level * (1 + 0.1 * value)),
  };
}

/** A step that is the same wherever it is made, moments at zero, so that those after it are its gradients. */
export function accuracyCase(settings: CaseSettings): ReferenceCase {
  const { batchSize, dIn, dSae, seed } = settings;
  const batch = syntheticRows({ nRows: batchSize, dIn, seed });
  scaleToUnit(batch, dIn);
  const level = sparseThreshold(batch, settings, seed);
  const drawn: Readonly<Record<string, Float32Array>> = drawParameters(settings, batch, level);
  const { architecture, scalars } = architectureOf({
    ...settings,
    ...penalties,
    encoderBias: 0,
    threshold: level,
  });
  const sample = { rows: batch, nRows: batchSize, mean: drawn.decoderBias ?? new Float32Array(dIn) };
  const made = architecture.init({ dIn, dSae, random: createRandom(seed), sample });
  const arrays = (of: (name: string, size: number) => Float32Array): Record<string, NamedArray> =>
    Object.fromEntries(
      Object.entries(made).map(([name, { shape, data }]) => [name, { shape, data: of(name, data.length) }]),
    );
  const parameters = arrays((name) => {
    const values = drawn[name];
    if (values === undefined) throw new Error(`nothing is drawn for ${name}`);
    return values;
  });
  const zeros = (): Record<string, NamedArray> => arrays((_name, size) => new Float32Array(size));
  const buffers = architecture.initBuffers({ dIn, dSae });
  return {
    index: 0,
    label: settings.name,
    family: settings.architecture,
    architecture,
    rule: ruleOf(architecture as never, settings),
    dIn,
    dSae,
    nTokens: batchSize,
    state: {
      architecture: { name: architecture.name, config: architecture.config },
      dIn,
      dSae,
      nSteps: 0,
      arrays: joinState({ parameters, mean: zeros(), variance: zeros(), buffers }),
    },
    batch,
    controls: { lr: 3e-4, scalars, wantStats: true },
  };
}
