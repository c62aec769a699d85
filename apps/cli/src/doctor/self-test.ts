import { topK } from "@plumbline/architectures";
import { type Backend, createRandom, fillNormal } from "@plumbline/core";
import { clockOf, type Io } from "@plumbline/extract/terminal";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Check } from "./check.ts";

const shape = { dIn: 16, dSae: 64 };
const batchSize = 32;
const maxSteps = 50;
const maxMs = 1000;

/** Trains a tiny SAE for at most a second; it works when every loss is finite and the last is below the first. */
async function trainTiny(backend: Backend<Tensor>, io: Io): Promise<string> {
  const random = createRandom(0);
  const rows = fillNormal(new Float32Array(batchSize * shape.dIn), random.stream("rows"));
  const sample = { rows, nRows: batchSize, mean: new Float32Array(shape.dIn) };
  const engine = await backend.createEngine({ architecture: topK({ k: 4 }), ...shape, random, sample });
  try {
    const clock = clockOf(io);
    const losses: number[] = [];
    const start = clock();
    while (losses.length < maxSteps && (losses.length < 3 || clock() - start < maxMs)) {
      const stats = await engine.step(rows, { lr: 0.003, scalars: {}, wantStats: true });
      losses.push(stats?.loss ?? Number.NaN);
    }
    const [first = Number.NaN] = losses;
    const last = losses.at(-1) ?? Number.NaN;
    if (!(last < first)) throw new Error(`the loss went from ${first} to ${last} in ${losses.length} steps`);
    return `${losses.length} training steps, loss ${first.toFixed(2)} to ${last.toFixed(2)}`;
  } finally {
    engine.dispose();
  }
}

/** Probes a backend and trains a tiny SAE on it. */
export async function checkBackend(backend: Backend<Tensor>, io: Io): Promise<Check> {
  const name = `backend ${backend.name}`;
  const probe = await backend.probe();
  if (!probe.available) return { name, ok: false, found: probe.reason, nextStep: probe.nextStep };
  try {
    const result = await trainTiny(backend, io);
    const bytes = probe.deterministic ? "same seed, same bytes" : "not deterministic";
    return { name, ok: true, found: `${probe.device}; ${bytes}; ${result}` };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      name,
      ok: false,
      found: `the self-test failed: ${reason}`,
      nextStep: "install its packages again",
    };
  }
}
