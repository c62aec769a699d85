import { topK } from "@plumbline/architectures";
import { createNativeBackend } from "@plumbline/backend-native";
import { createRandom, fillNormal } from "@plumbline/core";
import { evaluateSae } from "@plumbline/metrics";
import { timed } from "../engine/ours/meters.ts";
import { short, summarize } from "../engine/report/numbers.ts";
import { sayMachine } from "../machine.ts";
import { runWithNumbers } from "../whole-numbers.ts";

const flags = {
  "d-in": { fallback: 512, of: "width" },
  "d-sae": { fallback: 4096, of: "latents" },
  k: { fallback: 32, of: "latents that fire on each token" },
  tokens: { fallback: 100_000, of: "tokens of a round" },
  batch: { fallback: 4096, of: "tokens of a batch" },
  rounds: { fallback: 3, of: "measured rounds after the warm-up" },
  threads: { fallback: 1, of: "threads of the engine" },
};

async function measure(numbers: Readonly<Record<keyof typeof flags, number>>): Promise<void> {
  const { "d-in": dIn, "d-sae": dSae, k, tokens: nTokens, batch, rounds, threads } = numbers;
  sayMachine();
  const backend = createNativeBackend({ threads });
  const random = createRandom(1);
  const rows = fillNormal(new Float32Array(batch * dIn), random, 1 / Math.sqrt(dIn));
  const sample = { rows, nRows: batch, mean: new Float32Array(dIn) };
  const engine = await backend.createEngine({ architecture: topK({ k }), dIn, dSae, random, sample });
  const form = await engine.inference();
  engine.dispose();
  const inference = await backend.openInference(form);
  const nBatches = Math.ceil(nTokens / batch);
  async function* batches() {
    for (let i = 0; i < nBatches; i++) yield rows;
  }
  const works: Readonly<Record<string, () => Promise<unknown>>> = {
    encode: async () => {
      for (let i = 0; i < nBatches; i++) await inference.encode(rows);
    },
    "encode and decode": async () => {
      for (let i = 0; i < nBatches; i++) await inference.decode(await inference.encode(rows));
    },
    evaluateSae: () => evaluateSae({ inference, dIn, batches: batches() }),
  };
  const times: Record<string, number[]> = {};
  for (let round = 0; round <= rounds; round++) {
    for (const [name, work] of Object.entries(works)) {
      const { cpuMs } = await timed(work);
      if (round > 0) times[name] = [...(times[name] ?? []), cpuMs];
    }
  }
  const { device } = (await backend.probe()) as { device?: string };
  console.log(`native     ${device ?? "not available"}\n`);
  console.log(`dIn ${dIn}, dSae ${dSae}, k ${k}, ${nBatches * batch} tokens a round, ${rounds} rounds\n`);
  for (const [name, list] of Object.entries(times)) {
    const { min, median } = summarize(list);
    const perMillion = (ms: number): string => short((ms * 1000) / (nBatches * batch));
    console.log(
      `${name.padEnd(18)} ${perMillion(min)} … ${perMillion(median)} s of CPU for a million tokens`,
    );
  }
  inference.dispose();
}

/** `npm run -s bench -- evaluation`: what metrics cost beside the encoding. */
export const evaluationBenchmark = (argv: readonly string[]): Promise<number> =>
  runWithNumbers({ name: "evaluation", flags, run: measure }, argv);
