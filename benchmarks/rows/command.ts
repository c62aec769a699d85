import { nativeTfjsBackend } from "@plumbline/backend-native/tfjs";
import { tfjsCpuBackend } from "@plumbline/backend-tfjs-cpu";
import { tfjsNodeBackend } from "@plumbline/backend-tfjs-node";
import { tfjsWasmBackend } from "@plumbline/backend-tfjs-wasm";
import { tfjsWebgpuBackend } from "@plumbline/backend-tfjs-webgpu";
import type { Backend } from "@plumbline/core";
import { accumulateRows, type Composition, cheaperComposition, largest, sparseDecode } from "@plumbline/ops";
import { randomNormal, setBackend, type Tensor, type Tensor1D, type Tensor2D, zeros } from "@tensorflow/tfjs";
import { timed } from "../engine/ours/meters.ts";
import { short, summarize } from "../engine/report/numbers.ts";
import { tableLines } from "../engine/report/table.ts";
import { sayMachine } from "../machine.ts";
import { runWithNumbers } from "../whole-numbers.ts";

const flags = {
  "d-in": { fallback: 512, of: "width" },
  "d-sae": { fallback: 2048, of: "latents" },
  batch: { fallback: 512, of: "tokens of a batch" },
  rounds: { fallback: 5, of: "measured rounds after the warm-up" },
};
type Numbers = Readonly<Record<keyof typeof flags, number>>;

/** Backends of tfjs, by the names that it knows them under. */
const backends: Readonly<Record<string, Backend<Tensor>>> = {
  cpu: tfjsCpuBackend,
  wasm: tfjsWasmBackend,
  tensorflow: tfjsNodeBackend,
  webgpu: tfjsWebgpuBackend,
  "plumbline-native": nativeTfjsBackend,
};
const compositions = ["rows", "dense"] as const satisfies readonly Composition[];

/** Least CPU time of both sums over chosen latents, in ms; wall time where the device is not the processor. */
async function timesOf(
  k: number,
  numbers: Numbers,
  isElsewhere: boolean,
): Promise<Record<Composition, number>> {
  const { "d-in": dIn, "d-sae": dSae, batch, rounds } = numbers;
  const y_BD = randomNormal([batch, dIn]) as Tensor2D;
  const decoder = {
    decoder_FD: randomNormal([dSae, dIn]) as Tensor2D,
    decoderBias_D: zeros([dIn]) as Tensor1D,
  };
  const selection = largest(randomNormal([batch, dSae]), { k });
  const times: Record<Composition, number[]> = { rows: [], dense: [] };
  for (let round = 0; round <= rounds; round++) {
    for (const composition of compositions) {
      const { cpuMs, wallMs } = await timed(async () => {
        for (const sum of [
          accumulateRows(selection, y_BD, { dSae, composition }),
          sparseDecode(selection, decoder, { composition }),
        ]) {
          await sum.data();
          sum.dispose();
        }
      });
      if (round > 0) times[composition].push(isElsewhere ? wallMs : cpuMs);
    }
  }
  const { values_BK, indices_BK } = selection;
  for (const used of [y_BD, ...Object.values(decoder), values_BK, indices_BK]) used.dispose();
  return { rows: summarize(times.rows).min, dense: summarize(times.dense).min };
}

async function measure(numbers: Numbers): Promise<void> {
  sayMachine();
  const { "d-in": dIn, "d-sae": dSae, batch, rounds } = numbers;
  console.log(`dIn ${dIn}, dSae ${dSae}, batch ${batch}, least of ${rounds} rounds, in ms\n`);
  const table = [["backend", "k", "rows", "dense", "equal at dSae / k", "chosen"]];
  for (const [name, backend] of Object.entries(backends)) {
    const probe = await backend.probe();
    if (!probe.available) {
      console.log(`${name}: ${probe.reason}`);
      continue;
    }
    await setBackend(name);
    for (const k of [8, 32, 64, 128].filter((each) => each <= dSae)) {
      const { rows, dense } = await timesOf(k, numbers, name === "webgpu");
      const equal = (dSae * rows) / (k * dense);
      table.push([name, String(k), short(rows), short(dense), short(equal), cheaperComposition(k, dSae)]);
    }
  }
  for (const line of tableLines(table)) console.log(line);
}

/** `npm run -s bench -- rows`: sums over chosen latents on gathered rows against dense products, on each backend of tfjs. */
export const rowsBenchmark = (argv: readonly string[]): Promise<number> =>
  runWithNumbers({ name: "rows", flags, run: measure }, argv);
