import {
  type Architecture,
  createRandom,
  type EngineOptions,
  type SaeEngine,
  type StepControls,
} from "@plumbline/core";
import { sampleOf } from "../../toy/memory-batches.ts";
import { type ToySuperposition, toySuperposition } from "../../toy/toy-superposition.ts";

/** An architecture with the scalars that its steps need. */
export interface EngineCase<T> {
  readonly architecture: Architecture<T>;
  readonly scalars?: Readonly<Record<string, number>>;
}

/** What {@link engineSuite} tests. */
export interface EngineSuiteOptions<T> {
  readonly name: string;
  readonly createEngine: (options: EngineOptions<T>) => Promise<SaeEngine>;
  readonly cases: readonly EngineCase<T>[];
  /** same seed, same bytes; otherwise those tests use `tolerance` */
  readonly deterministic: boolean;
  /** relative to 1 + |expected|, against float64; float32 sums of some hundred terms lie well within the default */
  readonly tolerance?: number;
}

export const dIn: number = 12;
export const dSae: number = 24;
export const toy: ToySuperposition = toySuperposition({ dIn, nLatents: 20, nRows: 96, l0: 3, seed: 5 });
export const batchOf: (start: number, n: number) => Float32Array = (start, n) =>
  toy.rows.slice(start * dIn, (start + n) * dIn);

export function controlsFor<T>(entry: EngineCase<T>, more: Partial<StepControls> = {}): StepControls {
  return { lr: 3e-3, scalars: entry.scalars ?? {}, clipNorm: 1, wantStats: true, ...more };
}

/** Makes an engine, hands it to `work`, disposes it. */
export async function withEngine<T, R>(
  options: EngineSuiteOptions<T>,
  entry: EngineCase<T>,
  work: (engine: SaeEngine) => Promise<R>,
  seed = 1,
): Promise<R> {
  const engine = await options.createEngine({
    architecture: entry.architecture,
    dIn,
    dSae,
    random: createRandom(seed),
    sample: sampleOf(toy.rows, dIn),
  });
  try {
    return await work(engine);
  } finally {
    engine.dispose();
  }
}
