import { createCooccurrence } from "@plumbline/metrics";
import { statusBytes, timed } from "../engine/ours/meters.ts";
import { megabytes, short, summarize } from "../engine/report/numbers.ts";
import { sayMachine } from "../machine.ts";
import { runWithNumbers } from "../whole-numbers.ts";
import { zipfTokens } from "./tokens.ts";

/** Tokens made once and taken again and again: making them takes longer than counting them. */
const mostRows = 16_384;
const batchRows = 1024;

/** What an evaluation of published size takes. */
const wholeTokens = 10_000_000;

function batchesOf(options: { dSae: number; l0: number; nTokens: number; seed: number }) {
  const { dSae, l0, nTokens, seed } = options;
  const nRows = Math.min(batchRows, nTokens);
  const nBatches = Math.min(mostRows / batchRows, Math.ceil(nTokens / nRows));
  return Array.from({ length: nBatches }, (_, batch) => zipfTokens({ dSae, l0, nRows, seed: seed + batch }));
}

async function measure(numbers: Readonly<Record<keyof typeof flags, number>>): Promise<void> {
  const options = { ...numbers, dSae: numbers["d-sae"], nTokens: numbers.tokens };
  const { dSae, l0, nTokens, rounds } = options;
  sayMachine();
  const batches = batchesOf(options);
  const baseline = statusBytes("VmRSS");
  const cooccurrence = createCooccurrence({ dSae, maxBytes: Number.MAX_SAFE_INTEGER });
  const nBatches = Math.ceil(nTokens / (batches[0]?.nRows ?? 1));
  const round = async (): Promise<void> => {
    for (let batch = 0; batch < nBatches; batch++) {
      const latents = batches[batch % batches.length];
      if (latents !== undefined) cooccurrence.add(latents);
    }
    // Counts what is held back still, so that a round pays for all its tokens.
    cooccurrence.jointCount(0, 0);
  };
  await round();
  const times: { wallMs: number; cpuMs: number }[] = [];
  for (let i = 0; i < rounds; i++) times.push(await timed(round));
  const taken = nBatches * (batches[0]?.nRows ?? 0);
  const summary = async () => {
    cooccurrence.result();
  };
  const resultTime = await timed(summary);
  const cpu = summarize(times.map(({ cpuMs }) => cpuMs));
  const wall = summarize(times.map(({ wallMs }) => wallMs));
  const perSecond = (ms: number): string => Math.round((taken / ms) * 1000).toLocaleString("en");
  const whole = (ms: number): string => short((ms / taken) * (wholeTokens / 1000));
  console.log(
    `\ndSae ${dSae}, L0 ${l0}, ${taken} tokens a round, ${rounds} rounds after a warm-up, one thread\n`,
  );
  console.log(`tokens/s, CPU time      best ${perSecond(cpu.min)}, median ${perSecond(cpu.median)}`);
  console.log(`tokens/s, wall time     best ${perSecond(wall.min)}, median ${perSecond(wall.median)}`);
  console.log(`µs a token, CPU time    best ${short((cpu.min / taken) * 1000)}`);
  console.log(`10 M tokens would take  best ${whole(cpu.min)} s of CPU, median ${whole(cpu.median)}`);
  console.log(`result()                ${short(resultTime.cpuMs / 1000)} s of CPU`);
  console.log(`peak memory             ${megabytes(statusBytes("VmHWM") - baseline)} MB beside the tokens`);
}

const flags = {
  "d-sae": { fallback: 20_480, of: "latents" },
  tokens: { fallback: 1_000_000, of: "tokens of a round" },
  l0: { fallback: 64, of: "latents that fire on each token" },
  rounds: { fallback: 3, of: "measured rounds after the warm-up" },
  seed: { fallback: 1, of: "seed of the tokens" },
};

/** `npm run -s bench -- cooccurrence`: counting which latents fire together. */
export const cooccurrenceBenchmark = (argv: readonly string[]): Promise<number> =>
  runWithNumbers({ name: "cooccurrence", flags, run: measure }, argv);
