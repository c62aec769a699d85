import { runFused } from "@plumbline/ops";
import { exp, log, matMul, setBackend, type Tensor, tanh, tidy, topk } from "@tensorflow/tfjs-core";
import { afterAll, expect, test } from "vitest";
import { loadCore } from "../core/load-core.ts";
import { expectAsOnCpu, floats, nativeSuite } from "./beside-cpu.test-support.ts";
import { loadTensors } from "./load-tensors.ts";
import { tfjsName } from "./register.ts";

const { core } = await loadCore({ runtime: "addon" });
const sets = core?.instructionSets ?? [];

afterAll(async () => {
  if (core !== undefined) await loadTensors();
});

/** A bit of everything, in sizes that several threads share. */
function results(): readonly Tensor[] {
  const [x, rows] = [floats([400, 300], 1), floats([300, 90], 2)];
  const product = matMul(x, rows);
  const { values, indices } = topk(matMul(x, floats([300, 700], 3)), 20);
  const inputs = { values, indices, rows: floats([700, 90], 4), y: product, bias: floats([90], 5) };
  const { bias, y, ...others } = inputs;
  return [
    product,
    matMul(product, rows, false, true),
    values,
    indices,
    x.sum(),
    x.mean(0),
    x.max(1),
    exp(x),
    ...(runFused("combineRows", { ...others, bias }) ?? []),
    ...(runFused("dotRows", { indices, rows: inputs.rows, y }) ?? []),
    ...(runFused("accumulateRows", { values, indices, y }, { size: 700 }) ?? []),
  ];
}

nativeSuite("native kernels", () => {
  test("give the same bytes for any number of threads", async () => {
    await setBackend(tfjsName);
    const set = sets[0] ?? "";
    const runs = [1, 2, 3, 7].map((threads) => {
      expect(core?.tensors?.start(set, threads)).toBe(true);
      const out: number[][] = [];
      tidy(() => {
        for (const t of results()) out.push(Array.from(t.dataSync()));
      });
      return out;
    });
    for (const run of runs.slice(1)) expect(run).toEqual(runs[0]);
  });

  for (const set of sets) {
    test(`agree with tfjs on ${set}`, () => {
      expect(core?.tensors?.start(set, 2)).toBe(true);
      const x = () => floats([4000], 1, { borders: true });
      expectAsOnCpu(() => [exp(x()), log(x()), tanh(x())], 5e-7);
      // Sums of 300 products of order one.
      expectAsOnCpu(() => [matMul(floats([65, 300], 1), floats([300, 200], 2))], 5e-5);
      expectAsOnCpu(() => {
        const { values, indices } = topk(floats([5, 1000], 3, { ties: true }), 30);
        return [values, indices];
      }, 0);
    });
  }

  test("do not start on an instruction set that is not there", () => {
    expect(core?.tensors?.start("none", 1)).toBe(false);
  });
});
