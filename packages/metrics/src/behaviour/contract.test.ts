import type { SplicedModel } from "@plumbline/core";
import { expect, describe as suite, test } from "vitest";
import { type BehaviourOptions, evaluateBehaviour } from "./evaluate-behaviour.ts";
import { saeFrom, toyLanguageModel } from "./toy-language-model.test-support.ts";

const model = toyLanguageModel({ nVocabulary: 4, dIn: 2 });
const inference = saeFrom(2, (row) => row);
const text = [Int32Array.of(0, 1, 2), Int32Array.of(3, 1)];

const evaluate = (options: Partial<BehaviourOptions> = {}) =>
  evaluateBehaviour({ model, inference, batches: () => [text, text], ...options });

suite("evaluateBehaviour(), around the numbers", () => {
  test("reports both passes and stops on its signal, with all runs closed", async () => {
    const controller = new AbortController();
    const seen: string[] = [];
    const run = evaluate({
      signal: controller.signal,
      onProgress: ({ pass, nSequences, nTokens }) => {
        seen.push(`${pass} ${nSequences} ${nTokens}`);
        if (pass === "behaviour") controller.abort(new Error("enough"));
      },
    });
    await expect(run).rejects.toMatchObject({
      code: "aborted",
      kind: "interrupted",
      cause: { message: "enough" },
    });
    expect(seen).toEqual(["mean-activation 2 5", "mean-activation 4 10", "behaviour 2 5"]);
    expect(model.nOpen).toBe(0);
    await expect(evaluate({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: "aborted" });
  });

  test("reads a stream, twice only where it must measure the mean", async () => {
    let nReads = 0;
    async function* stream() {
      nReads++;
      yield text;
    }
    await evaluate({ batches: stream });
    expect(nReads).toBe(2);
    await evaluate({ batches: stream, meanActivation: new Float32Array(2) });
    expect(nReads).toBe(3);
  });

  test("closes its runs and passes on what an SAE throws", async () => {
    const failing = { ...inference, encode: () => Promise.reject(new Error("out of memory")) };
    await expect(evaluate({ inference: failing })).rejects.toThrow("out of memory");
    expect(model.nOpen).toBe(0);
  });

  const withRun = (run: SplicedModel["run"]): SplicedModel => ({ ...model, run });

  test("refuses models that do not keep the contract", async () => {
    const meanActivation = new Float32Array(2);
    const short = withRun((sequences, options) => model.run(sequences.slice(1), options));
    await expect(evaluate({ model: short, meanActivation })).rejects.toThrow(
      "3 × 4 logits for sequence 0, got 8",
    );
    const fewer = withRun((sequences, options) => model.run(sequences.slice(0, 1), options));
    await expect(evaluate({ model: fewer, meanActivation })).rejects.toMatchObject({ code: "model-broken" });
    const more = withRun((sequences, options) => model.run([...sequences, Int32Array.of(1)], options));
    await expect(evaluate({ model: more, meanActivation })).rejects.toMatchObject({ code: "model-broken" });
    const padded = withRun(async function* (sequences, { replace } = {}) {
      await replace?.({ activations: new Float32Array(12), firstSequence: 0, nSequences: 2 });
      yield* model.run(sequences);
    });
    await expect(evaluate({ model: padded, meanActivation })).rejects.toThrow("5 positions × 2");
    await expect(evaluate({ model: padded })).rejects.toMatchObject({ code: "model-broken" });
    const forgetful = withRun((sequences) => model.run(sequences));
    await expect(evaluate({ model: forgetful })).rejects.toThrow(
      "logits of sequence 0 before its activations",
    );
    const twice = withRun(async function* (sequences, { replace } = {}) {
      const batch = { activations: new Float32Array(10), firstSequence: 0, nSequences: 2 };
      await replace?.(batch);
      await replace?.(batch);
      yield* model.run(sequences);
    });
    await expect(evaluate({ model: twice })).rejects.toThrow("from sequence 2 on, got sequence 0");
    expect(model.nOpen).toBe(0);
  });

  test("refuses what does not fit", async () => {
    await expect(evaluate({ inference: saeFrom(3, (row) => row) })).rejects.toThrow("dIn 2 like");
    await expect(evaluate({ meanActivation: new Float32Array(3) })).rejects.toThrow("of 2 values, got 3");
    await expect(evaluate({ specialTokens: { ids: [-1] } })).rejects.toThrow("got -1");
    await expect(evaluate({ batches: () => [[Int32Array.of(0, 4)]] })).rejects.toThrow(
      "token 4 at position 1",
    );
    await expect(evaluate({ batches: () => [[new Int32Array(0)]] })).rejects.toThrow("an empty sequence");
    const wide = { ...inference, decode: async () => new Float32Array(1) };
    await expect(evaluate({ inference: wide })).rejects.toThrow("from decode(), got 1");
  });
});
