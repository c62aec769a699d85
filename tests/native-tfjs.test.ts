import { aligned } from "@plumbline/aligned";
import { batchTopK, matryoshkaBatchTopK, relu, topK } from "@plumbline/architectures";
import { nativeTfjsBackend } from "@plumbline/backend-native/tfjs";
import { type Architecture, createRandom, type EngineState, type SaeEngine } from "@plumbline/core";
import { expectSameNumbers, sampleOf, toySuperposition } from "@plumbline/testing";
import { memory, type Tensor, engine as tfjsEngine } from "@tensorflow/tfjs-core";
import { afterEach, expect, describe as suite, test, vi } from "vitest";

const probe = await nativeTfjsBackend.probe();
const there = probe.available ? suite : suite.skip;
const why = probe.available ? "" : `: ${probe.reason}`;

// Wide enough that products, sums and scatters are cut into pieces.
const [dIn, dSae, nTokens] = [96, 1200, 256];
const toy = toySuperposition({ dIn, nLatents: 300, nRows: 3 * nTokens, l0: 6, seed: 5 });
const auxk = { auxkCoefficient: 1 / 32, auxk: 20, deadAfterTokens: 300 };
const architectures: Readonly<Record<string, Architecture<Tensor>>> = {
  topk: topK({ k: 8, ...auxk }),
  "aligned topk": aligned(topK({ k: 8, ...auxk })),
  "topk of many": topK({ k: 200 }),
  "batch-topk": batchTopK({ k: 8 }),
  matryoshka: matryoshkaBatchTopK({ k: 8, groupFractions: [0.25, 0.75] }),
  relu: relu(),
};

const create = (architecture: Architecture<Tensor>): Promise<SaeEngine> =>
  nativeTfjsBackend.createEngine({
    architecture,
    dIn,
    dSae,
    random: createRandom(1),
    sample: sampleOf(toy.rows, dIn),
  });
const step = (sae: SaeEngine, i: number, { controls }: Architecture<Tensor>) =>
  sae.step(toy.rows.slice(i * nTokens * dIn, (i + 1) * nTokens * dIn), {
    lr: 1e-2,
    scalars: controls.includes("sparsityCoefficient") ? { sparsityCoefficient: 0.02 } : {},
    clipNorm: 1,
    wantStats: true,
  });

async function trained(architecture: Architecture<Tensor>): Promise<EngineState> {
  const sae = await create(architecture);
  for (let i = 0; i < 3; i++) await step(sae, i, architecture);
  const state = await sae.exportState();
  sae.dispose();
  return state;
}

afterEach(() => {
  vi.unstubAllEnvs();
});

there(`training on native tensor kernels${why}`, () => {
  for (const [name, architecture] of Object.entries(architectures)) {
    test(`gives the same bytes for any number of threads: ${name}`, async () => {
      const states: EngineState[] = [];
      for (const threads of ["1", "2", "5"]) {
        vi.stubEnv("PLUMBLINE_THREADS", threads);
        states.push(await trained(architecture));
      }
      const [first, ...others] = states;
      for (const other of others) {
        for (const [array, { data }] of Object.entries(first?.arrays ?? {})) {
          expectSameNumbers(other.arrays[array]?.data ?? [], data, array);
        }
      }
    });
  }
});

there(`memory of the native tfjs backend${why}`, () => {
  const held = (): readonly number[] => {
    const { numTensors, numBytes } = memory();
    return [numTensors, numBytes, tfjsEngine().registry["plumbline-native"]?.numDataIds() ?? Number.NaN];
  };

  for (const [name, architecture] of Object.entries(architectures)) {
    test(`holds no more tensors, bytes or arrays after steps, and none after dispose(): ${name}`, async () => {
      const before = held();
      const sae = await create(architecture);
      await step(sae, 0, architecture);
      const between = held();
      for (let i = 1; i < 3; i++) {
        await step(sae, i, architecture);
        await sae.decode(await sae.encode(toy.rows.subarray(0, 40 * dIn)));
        expect(held()).toEqual(between);
      }
      sae.dispose();
      expect(held()).toEqual(before);
    });
  }
});
