import {
  type Architecture,
  createRandom,
  type EngineState,
  joinState,
  type NamedArray,
} from "@plumbline/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { EqualityCase } from "../case.ts";
import { type Dice, diceOf } from "./dice.ts";
import { drawArchitecture, drawFamily } from "./draw-architecture.ts";
import {
  drawBatch,
  drawBias,
  drawDecoder,
  drawEncoder,
  drawFree,
  drawScales,
  type RowOptions,
} from "./draw-rows.ts";

/** Largest sizes that are drawn. */
export interface Most {
  readonly nTokens: number;
  readonly dIn: number;
  readonly dSae: number;
  /** share of cases of many tokens and latents in few dimensions: lists of candidates overflow in no other */
  readonly tall: number;
}

export const most: Most = { nTokens: 200, dIn: 200, dSae: 600, tall: 0.008 };

/** For a run of seconds. */
export const fewer: Most = { nTokens: 48, dIn: 80, dSae: 240, tall: 0 };

interface Sizes {
  readonly family: string;
  readonly dIn: number;
  readonly dSae: number;
  readonly nTokens: number;
}

function drawSizes(dice: Dice, limits: Most): Sizes {
  if (dice.chance(limits.tall)) {
    const [dSae, nTokens] = [900 + dice.random.integer(400), 1024 + dice.random.integer(100)];
    return {
      family: dice.pick(["topk", "topk", "topk", "batch-topk", "relu", "jumprelu"]),
      dIn: dice.pick([1, 1, 1 + dice.random.integer(8)]),
      dSae,
      nTokens,
    };
  }
  const family = drawFamily(dice);
  return {
    family,
    dIn: dice.size(limits.dIn),
    dSae: dice.size(limits.dSae),
    nTokens: dice.size(limits.nTokens),
  };
}

interface Draft extends RowOptions {
  readonly dice: Dice;
  readonly architecture: Architecture<Tensor>;
  readonly map: string;
  readonly scoreScale: number;
}

type Arrays = Record<string, Float32Array>;

function drawThreshold(draft: Draft, isLog: boolean): Float32Array {
  const { dice, dSae, scoreScale, quantized } = draft;
  const [same, signed] = [dice.chance(0.4), !isLog && dice.chance(0.15)];
  const one = (): number => {
    const size = quantized ? dice.pick([0.25, 0.5, 1]) : scoreScale * dice.between(0.01, 1.5);
    if (isLog) return Math.log(size);
    return signed && dice.chance(0.3) ? -size : size;
  };
  const shared = one();
  return Float32Array.from({ length: dSae }, () => (same ? shared : one()));
}

/** Latents that are the same in all that their scores depend on. */
function repeatRows(draft: Draft, arrays: Arrays): void {
  const { dice, dSae, dIn, map } = draft;
  if (!dice.chance(0.35)) return;
  const withDecoder = map !== "none" || dice.chance(0.5);
  for (let count = 1 + dice.random.integer(dSae); count > 0; count--) {
    const [from, to] = [dice.random.integer(dSae), dice.random.integer(dSae)];
    for (const [name, rows] of Object.entries(arrays)) {
      if (name === "decoderBias" || (name === "decoder" && !withDecoder)) continue;
      const width = name.startsWith("encoder") && name !== "encoderBias" ? dIn : name === "decoder" ? dIn : 1;
      rows.copyWithin(to * width, from * width, (from + 1) * width);
    }
  }
}

function drawParameters(draft: Draft): Arrays {
  const { dice, architecture, dIn, dSae, quantized, scales, map, scoreScale } = draft;
  const names = Object.keys(
    architecture.init({
      dIn,
      dSae,
      random: createRandom(0),
      sample: { rows: new Float32Array(dIn), nRows: 1, mean: new Float32Array(dIn) },
    }),
  );
  const isPenalized = architecture.controls.includes("sparsityCoefficient");
  const decoder = drawDecoder(dice, draft, architecture.decoderRows === "unit");
  const all: Readonly<Record<string, () => Float32Array>> = {
    encoder: () => drawEncoder(dice, draft, decoder),
    encoderFree: () => drawFree(dice, draft, decoder, map),
    encoderBias: () =>
      draft.tied
        ? new Float32Array(dSae)
        : drawBias(dice, dSae, { scale: scoreScale, quantized, sparse: isPenalized && dice.chance(0.4) }),
    decoder: () => decoder,
    decoderBias: () =>
      drawBias(dice, dIn, { scale: dice.pick([0.3, 3]) * (scales.x / Math.sqrt(dIn)), quantized }),
    threshold: () => drawThreshold(draft, false),
    logThreshold: () => drawThreshold(draft, true),
  };
  const arrays: Arrays = {};
  for (const name of names) {
    const draw = all[name];
    arrays[name] = draw === undefined ? new Float32Array(dSae) : draw();
  }
  repeatRows(draft, arrays);
  return arrays;
}

function drawBuffers(draft: Draft, nTokens: number): Record<string, NamedArray> {
  const { dice, architecture, dIn, dSae, scoreScale, quantized } = draft;
  const { deadAfterTokens = 1 } = (
    architecture.name === "aligned"
      ? (architecture.config.architecture as { config: object }).config
      : architecture.config
  ) as { deadAfterTokens?: number };
  const style = dice.pick(["new", "any", "old"] as const);
  const since = Int32Array.from({ length: dSae }, () => {
    if (style === "new") return 0;
    if (style === "old" && dice.chance(0.7))
      return Math.min(2 ** 30, deadAfterTokens + dice.random.integer(2 ** 29));
    return dice.random.integer(Math.min(2 ** 30, 2 * deadAfterTokens + nTokens));
  });
  const threshold = dice.chance(0.2)
    ? 0
    : quantized
      ? dice.pick([0.25, 0.5, 1])
      : scoreScale * dice.between(0, 1.5);
  const all: Readonly<Record<string, Float32Array | Int32Array>> = {
    tokensSinceFired: since,
    threshold: Float32Array.of(threshold),
    thresholdAverage: Float32Array.of(dice.chance(0.4) ? 0 : threshold * dice.random.uniform()),
    thresholdWeight: Float32Array.of(dice.chance(0.4) ? 0 : dice.random.uniform()),
    batches: Int32Array.of(dice.random.integer(6)),
  };
  return Object.fromEntries(
    Object.entries(architecture.initBuffers({ dIn, dSae })).map(([name, { shape, data }]) => [
      name,
      { shape, data: all[name] ?? data },
    ]),
  );
}

function stateOf(draft: Draft, arrays: Arrays, buffers: Record<string, NamedArray>): EngineState {
  const { dice, architecture, dIn, dSae } = draft;
  const shapeOf = (name: string): number[] =>
    name === "encoder" || name === "encoderFree" || name === "decoder"
      ? [dSae, dIn]
      : [name === "decoderBias" ? dIn : dSae];
  const group = (make: (data: Float32Array) => Float32Array): Record<string, NamedArray> =>
    Object.fromEntries(
      Object.entries(arrays).map(([name, data]) => [name, { shape: shapeOf(name), data: make(data) }]),
    );
  const spread = dice.chance(0.3) ? 0 : dice.power(-12, 0);
  const { name, config } = architecture;
  return {
    architecture: { name, config },
    dIn,
    dSae,
    nSteps: dice.pick([0, 0, 1, 10, 1000, 100_000]),
    arrays: joinState({
      parameters: group((data) => data),
      mean: group((data) => new Float32Array(data.length)),
      variance: group((data) => data.map(() => spread * dice.random.normal() ** 2)),
      buffers,
    }),
  };
}

function drawScalars(draft: Draft): Record<string, number> {
  const { dice, architecture, dSae, scales, scoreScale } = draft;
  const p = dice.pick([1, 0.9, dice.between(0.3, 1), dice.between(0.3, 1)]);
  const all: Readonly<Record<string, number>> = {
    sparsityCoefficient: dice.power(-3, 0) * (dice.chance(0.5) ? 1 : (scales.x * scales.x) / scoreScale),
    p,
    nextP: p * dice.between(0.8, 1),
    k: dice.pick([1, 2.7, 0.5, dSae, 2 * dSae, 1 + dice.random.integer(dSae)]),
  };
  return Object.fromEntries(architecture.controls.map((name) => [name, all[name] ?? 1]));
}

function drawRowPenalty(draft: Draft, decoder: Float32Array): object {
  const { dice, scales } = draft;
  if (!dice.chance(0.2)) return {};
  const nearness = dice.pick([0, 0.3, 1]);
  const target = decoder.map(
    (value) => value + (nearness * scales.d * dice.random.normal()) / Math.sqrt(draft.dIn),
  );
  const width = scales.d ** 2 * dice.power(-1, 0.5);
  return { rowPenalty: { target, weight: dice.power(-3, 0) * scales.x ** 2, width } };
}

/** The case of a number: the same for one seed, whatever was drawn before. */
export function drawCase(seed: number, index: number, limits: Most = most): EqualityCase {
  const dice = diceOf(createRandom(seed, `equality/${index}`));
  const { family, dIn, dSae, nTokens } = drawSizes(dice, limits);
  const isTall = nTokens > limits.nTokens;
  const quantized = dice.chance(isTall ? 0.6 : 0.2);
  const isPower = family === "p-anneal";
  const scales = quantized ? { x: 1, e: 1, d: 1 } : drawScales(dice, isPower);
  const scoreScale = (scales.x * scales.e) / Math.sqrt(dIn);
  const architecture = drawArchitecture(dice, family, { dIn, dSae, scoreScale, quantized });
  const map = architecture.name === "aligned" ? String(architecture.config.map) : "none";
  const draft: Draft = {
    dice,
    architecture,
    map,
    dIn,
    dSae,
    quantized,
    tied: isTall && quantized,
    scales,
    scoreScale,
  };
  const arrays = drawParameters(draft);
  const { decoder = new Float32Array(), decoderBias = new Float32Array() } = arrays;
  const batch = drawBatch(dice, nTokens, draft, { decoder, decoderBias, tame: isPower });
  return {
    index,
    label: map === "none" ? family : `${family}, aligned by ${map}`,
    family,
    architecture,
    dIn,
    dSae,
    nTokens,
    state: stateOf(draft, arrays, drawBuffers(draft, nTokens)),
    batch,
    controls: {
      lr: dice.chance(0.1) ? 0 : dice.power(-5, -1),
      scalars: drawScalars(draft),
      ...(dice.chance(0.5) ? {} : { clipNorm: dice.power(-3, 2) * scales.x ** 2 }),
      ...drawRowPenalty(draft, decoder),
      wantStats: true,
    },
  };
}
