import { readFileSync } from "node:fs";
import { relu, topK } from "@plumbline/architectures";
import { tfjsCpuBackend } from "@plumbline/backend-tfjs-cpu";
import { tfjsWasmBackend } from "@plumbline/backend-tfjs-wasm";
import {
  type Architecture,
  type Backend,
  createRandom,
  denseFromSparse,
  type NamedArray,
  type SaeEngine,
  type StepControls,
} from "@plumbline/core";
import { readSafetensors } from "@plumbline/safetensors";
import { expectCloseNumbers } from "@plumbline/testing";
import type { Tensor } from "@tensorflow/tfjs-core";
import { expect, describe as suite, test } from "vitest";

/** One training step as the reference library reported it. */
interface GoldenStep {
  readonly terms: Readonly<Record<string, number>>;
  readonly controls: Readonly<Record<string, number>>;
  readonly loss: number;
  readonly learningRate: number;
  readonly l0: number;
  readonly deadLatents?: number;
  readonly gradientNormBeforeClip?: number;
}

interface Golden {
  readonly library: string;
  readonly libraryVersion: string;
  readonly shape: { readonly dIn: number; readonly dSae: number; readonly batchSize: number };
  readonly laterStep: number;
  readonly steps: readonly GoldenStep[];
  readonly tensor: (name: string) => Float32Array;
  readonly has: (name: string) => boolean;
  readonly counts: (name: string) => Int32Array;
}

function golden(name: string): Golden {
  const at = (extension: string): URL => new URL(`../fixtures/golden/${name}.${extension}`, import.meta.url);
  const file = readSafetensors(readFileSync(at("safetensors")), { where: name });
  return {
    ...(JSON.parse(readFileSync(at("json"), "utf8")) as Golden),
    tensor: (key) => file.float32(key).data,
    has: (key) => file.tensors.has(key),
    counts: (key) => file.int32(key).data,
  };
}

const names = ["encoder", "encoderBias", "decoder", "decoderBias"] as const;

/** Both sides are float32 and sum in other orders; runs moved by one rounding error end 1e-7 apart (`sensitivity`). */
const tolerance = 1e-5;

/** What the libraries' words for terms are here. */
const termNames: Readonly<Record<string, string>> = {
  reconstruction: "reconstruction",
  auxiliary: "auxk",
  sparsity: "sparsity",
};

interface Case {
  readonly name: string;
  readonly architecture: Architecture<Tensor>;
  readonly clipNorm?: number;
  readonly scalars?: (step: GoldenStep) => Readonly<Record<string, number>>;
}

const l1 = ({ controls }: GoldenStep): Record<string, number> => ({
  sparsityCoefficient: (controls.sparsityCoefficient ?? Number.NaN) * (controls.sparsityScale ?? 1),
});

const cases: readonly Case[] = [
  { name: "dictionary-learning-topk", architecture: topK({ k: 4, auxkCoefficient: 1 / 32 }), clipNorm: 1 },
  {
    name: "dictionary-learning-topk-auxk",
    architecture: topK({ k: 4, auxkCoefficient: 0.5, deadAfterTokens: 48 }),
    clipNorm: 1,
  },
  { name: "dictionary-learning-standard", architecture: relu(), scalars: l1 },
  {
    name: "dictionary-learning-standard-april",
    architecture: relu({ decoderRows: "free" }),
    clipNorm: 1,
    scalars: l1,
  },
  { name: "saelens-standard", architecture: relu({ decoderRows: "free" }), clipNorm: 1, scalars: l1 },
];

/** An engine that stands where the library stood: parameters and counters as recorded, Adam at its beginning. */
async function engineAt(
  backend: Backend<Tensor>,
  { architecture }: Case,
  from: Golden,
  when: "initial" | "later",
): Promise<SaeEngine> {
  const { dIn, dSae } = from.shape;
  const sample = { rows: new Float32Array(dIn), nRows: 1, mean: new Float32Array(dIn) };
  const engine = await backend.createEngine({ architecture, dIn, dSae, random: createRandom(0), sample });
  const state = await engine.exportState();
  const arrays: Record<string, NamedArray> = { ...state.arrays };
  const put = (key: string, data: NamedArray["data"]): void => {
    arrays[key] = { shape: arrays[key]?.shape ?? [], data };
  };
  for (const name of names) put(`parameter/${name}`, from.tensor(`${when}/${name}`));
  const counters = `${when}Buffer/tokensSinceFired`;
  if (from.has(counters)) put("buffer/tokensSinceFired", from.counts(counters));
  await engine.importState({ ...state, arrays });
  return engine;
}

const controlsOf = ({ clipNorm, scalars }: Case, step: GoldenStep): StepControls => ({
  lr: step.learningRate,
  scalars: scalars?.(step) ?? {},
  wantStats: true,
  ...(clipNorm === undefined ? {} : { clipNorm }),
});

/** One step on the recorded batch; its report must be the library's. */
async function follow(engine: SaeEngine, entry: Case, from: Golden, i: number): Promise<void> {
  const { dIn, batchSize } = from.shape;
  const step = from.steps[i];
  if (step === undefined) throw new Error(`no step ${i}`);
  const batch = from.tensor("batches").slice(i * batchSize * dIn, (i + 1) * batchSize * dIn);
  const stats = await engine.step(batch, controlsOf(entry, step));
  const close = (what: string, got: number | undefined, wanted: number): void =>
    expectCloseNumbers([got ?? Number.NaN], [wanted], { what: `${what} of step ${i}`, tolerance });
  close("loss", stats?.loss, step.loss);
  for (const [name, value] of Object.entries(step.terms)) {
    close(name, stats?.terms[termNames[name] ?? name], value);
  }
  close("l0", stats?.statistics.l0, step.l0);
  if (step.deadLatents !== undefined) expect(stats?.statistics.deadLatents).toBe(step.deadLatents);
  if (step.gradientNormBeforeClip !== undefined) {
    close("gradient norm", stats?.gradientNorm, step.gradientNormBeforeClip);
  }
}

/** What Adam was given: after its first step the first moment is a tenth of it. */
async function expectGradients(engine: SaeEngine, from: Golden, prefix: string): Promise<void> {
  const { arrays } = await engine.exportState();
  for (const name of names) {
    const moment = Float32Array.from(arrays[`optimizer/mean/${name}`]?.data ?? [], (value) => value * 10);
    expectCloseNumbers(moment, from.tensor(`${prefix}/${name}`), { what: `gradient of ${name}`, tolerance });
  }
}

for (const backend of [tfjsCpuBackend, tfjsWasmBackend]) {
  for (const entry of cases) {
    const from = golden(entry.name);
    suite(`${entry.name} (${from.library} ${from.libraryVersion}) on ${backend.name}`, () => {
      test("one step in the middle: terms, statistics, gradients as projected and clipped", async () => {
        const engine = await engineAt(backend, entry, from, "later");
        await follow(engine, entry, from, from.laterStep);
        await expectGradients(engine, from, "laterGradientUsed");
        engine.dispose();
      });

      // Its rows start at norm 0.1 and its first step, at learning rate 0, takes them to 1; ours always have norm 1.
      if (entry.name === "dictionary-learning-standard") return;
      test("the whole run: every step's report, the parameters at the end, latents and reconstruction", async () => {
        const engine = await engineAt(backend, entry, from, "initial");
        for (const i of from.steps.keys()) await follow(engine, entry, from, i);
        const form = await engine.inference();
        for (const name of names) {
          expectCloseNumbers(form[name], from.tensor(`final/${name}`), { what: name, tolerance });
        }
        const latents = await engine.encode(from.tensor("inference/x"));
        const expected = from.tensor("inference/latents");
        expectCloseNumbers(denseFromSparse(latents), expected, { what: "latents", tolerance });
        const xHat = await engine.decode(latents);
        expectCloseNumbers(xHat, from.tensor("inference/xHat"), { what: "xHat", tolerance });
        engine.dispose();
      });
    });
  }
}
