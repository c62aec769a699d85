import {
  type Architecture,
  type Backend,
  createRandom,
  type SaeEngine,
  type SparseLatents,
} from "@plumbline/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Memory, Stats, Times, Work } from "../protocol.ts";
import { architectureOf } from "./architecture.ts";
import { statusBytes, timed } from "./meters.ts";
import { openBackend } from "./open-backend.ts";
import { RowFile } from "./row-file.ts";
import type { OurSettings } from "./settings.ts";

const clipNorm = 1;

function meanOf(rows: Float32Array, dIn: number): Float32Array {
  const sums = new Float64Array(dIn);
  for (const [i, value] of rows.entries()) sums[i % dIn] = (sums[i % dIn] ?? 0) + value;
  return Float32Array.from(sums, (sum) => (sum * dIn) / rows.length);
}

async function createEngine(
  backend: Backend<Tensor>,
  options: {
    architecture: Architecture<Tensor>;
    dIn: number;
    dSae: number;
    seed: number;
    rows: Float32Array;
  },
): Promise<SaeEngine> {
  const { architecture, dIn, dSae, seed, rows } = options;
  const sample = { rows, nRows: rows.length / dIn, mean: meanOf(rows, dIn) };
  return backend.createEngine({ architecture, dIn, dSae, random: createRandom(seed), sample });
}

/** A latent of one token. Its decoding reads the decoder, so that it is there when all steps before have been done. */
const oneLatent = (dSae: number): SparseLatents => ({
  nRows: 1,
  dSae,
  rowStarts: Uint32Array.of(0, 1),
  indices: Uint32Array.of(0),
  values: Float32Array.of(1),
});

/** One engine in training, in a process of its own. */
export class OurWorker {
  readonly #engine: SaeEngine;
  readonly #rows: RowFile;
  readonly #scalars: Readonly<Record<string, number>>;
  readonly #lr: number;
  readonly #baselineBytes: number;
  readonly #queues: boolean;

  private constructor(
    engine: SaeEngine,
    options: {
      rows: RowFile;
      scalars: Readonly<Record<string, number>>;
      lr: number;
      baselineBytes: number;
      queues: boolean;
    },
  ) {
    this.#engine = engine;
    this.#rows = options.rows;
    this.#scalars = options.scalars;
    this.#lr = options.lr;
    this.#baselineBytes = options.baselineBytes;
    this.#queues = options.queues;
  }

  /** Loads the backend, reads the baseline of memory after one tiny step, and makes the engine. */
  static async open(
    settings: OurSettings,
  ): Promise<{ worker: OurWorker; device: string } | { skip: string }> {
    const opened = await openBackend(settings);
    if (opened.backend === undefined) return { skip: opened.skip };
    const { backend, device } = opened;
    const { architecture, scalars } = architectureOf(settings);
    const unsupported = backend.unsupported(architecture);
    if (unsupported !== undefined) return { skip: unsupported };
    const { dIn, dSae, seed, lr, engine: choice } = settings;
    // As PyTorch's worker does before its reading: what is loaded or compiled at a first step is code, not training.
    const tiny = architectureOf({ ...settings, k: 2 }).architecture;
    const few = { dIn: 8, dSae: 64, seed, rows: new Float32Array(32).fill(0.1) };
    const first = await createEngine(backend, { architecture: tiny, ...few });
    await first.step(few.rows, { lr, scalars, wantStats: false });
    first.dispose();
    const baselineBytes = statusBytes("VmRSS");
    const rows = new RowFile(settings.batches, settings);
    const engine = await createEngine(backend, { architecture, dIn, dSae, seed, rows: rows.next() });
    rows.rewind();
    const queues = choice.queues === true;
    return { worker: new OurWorker(engine, { rows, scalars, lr, baselineBytes, queues }), device };
  }

  /** One step or one encoding of the next batch. */
  async work(work: Work): Promise<Times> {
    const batch = this.#rows.next();
    const { wallMs, cpuMs } = await timed(() =>
      work.op === "encode" ? this.#engine.encode(batch) : this.#wholeStep(batch, work),
    );
    return { wallMs: [wallMs], cpuMs: [cpuMs] };
  }

  async stats(): Promise<Stats> {
    const stats = await this.#step(this.#rows.next(), { clip: false, wantStats: true });
    if (stats === undefined) throw new Error("the engine gave no statistics");
    if (!Number.isFinite(stats.loss)) throw new Error(`the loss is ${stats.loss}`);
    return { loss: stats.loss, statistics: stats.statistics };
  }

  memory(): Memory {
    return {
      peakBytes: statusBytes("VmHWM"),
      currentBytes: statusBytes("VmRSS"),
      baselineBytes: this.#baselineBytes,
    };
  }

  async #wholeStep(batch: Float32Array, how: { clip: boolean }): Promise<void> {
    await this.#step(batch, { ...how, wantStats: false });
    if (this.#queues) await this.#engine.decode(oneLatent(this.#engine.dSae));
  }

  #step(batch: Float32Array, how: { clip: boolean; wantStats: boolean }): ReturnType<SaeEngine["step"]> {
    return this.#engine.step(batch, {
      lr: this.#lr,
      scalars: this.#scalars,
      wantStats: how.wantStats,
      ...(how.clip ? { clipNorm } : {}),
    });
  }
}
