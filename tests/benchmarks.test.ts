import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, describe as suite, test } from "vitest";
import { accuracyCase, caseSettings } from "../benchmarks/accuracy/case.ts";
import { errorRows, errorsOf } from "../benchmarks/accuracy/errors.ts";
import { stepInFloat64 } from "../benchmarks/accuracy/reference.ts";
import { cases } from "../benchmarks/engine/cases.ts";
import { scaleToUnit, sparseThreshold } from "../benchmarks/engine/data/batches.ts";
import { syntheticRows } from "../benchmarks/engine/data/synthetic.ts";
import { fusedEngines, genericEngines } from "../benchmarks/engine/engines.ts";
import { judge, verdictText } from "../benchmarks/engine/floors.ts";
import { parseOptions } from "../benchmarks/engine/options.ts";
import { openParticipants, type Participant, type Setting } from "../benchmarks/engine/participants.ts";
import { fastest, ratios } from "../benchmarks/engine/report/compare.ts";
import { short, summarize } from "../benchmarks/engine/report/numbers.ts";
import { type Measured, runRounds } from "../benchmarks/engine/rounds.ts";
import { UsageError } from "../benchmarks/engine/usage-error.ts";
import { arrayOf, parameterNames, withArrays } from "./equality/case.ts";

const memory = { peakBytes: 3, currentBytes: 2, baselineBytes: 1 };

/** A participant whose nth turn takes n milliseconds, and who writes down when it had one. */
function counting(name: string, turns: string[], failsAt = Number.POSITIVE_INFINITY): Participant {
  let n = 0;
  return {
    identity: { name, variant: name },
    work: async () => {
      n += 1;
      turns.push(name);
      if (n === failsAt) throw new Error("no memory");
      return { wallMs: [n], cpuMs: [2 * n], loss: 1 / n };
    },
    memory: async () => memory,
    stop: async () => {
      turns.push(`${name} ends`);
    },
  };
}

const step = { step: { op: "step", clip: false } } as const;

suite("runRounds()", () => {
  test("lets participants take turns, begins with another each round, and does not count the first", async () => {
    const turns: string[] = [];
    const participants = ["a", "b"].map((name) => counting(name, turns));
    const { measured, failures } = await runRounds(participants, { works: step, rounds: 2, restMs: 0 });
    expect(turns).toEqual(["a", "b", "b", "a", "a", "b", "a ends", "b ends"]);
    expect(measured.map(({ times }) => times.step?.cpuMs)).toEqual([
      [4, 6],
      [4, 6],
    ]);
    expect(measured[0]).toMatchObject({ name: "a", loss: 1 / 3, memory });
    expect(failures).toEqual([]);
  });

  test("goes on without one that fails", async () => {
    const turns: string[] = [];
    const participants = [counting("a", turns, 2), counting("b", turns)];
    const { measured, failures } = await runRounds(participants, { works: step, rounds: 3, restMs: 0 });
    expect(measured.map(({ name, times }) => [name, times.step?.wallMs])).toEqual([["b", [2, 3, 4]]]);
    expect(failures).toEqual(["a: no memory"]);
  });

  test("gives one that has used its time no more turns, but always one that counts", async () => {
    const options = { works: step, rounds: 3, restMs: 0, budgetMs: 1 };
    const { measured } = await runRounds([counting("a", [])], options);
    expect(measured[0]?.times.step?.wallMs).toEqual([2]);
  });
});

suite("openParticipants()", () => {
  test("leaves out who is too slow for the sizes, with the reason, and starts nobody who was not chosen", async () => {
    const one = cases.find(({ name }) => name === "topk");
    const setting = { batchSize: 1024, dIn: 512, dSae: 4096, k: 32 } as Setting;
    expect(one && (await openParticipants(one, { setting, pythons: [], engines: ["tfjs-cpu"] }))).toEqual({
      participants: [],
      skipped: ["tfjs-cpu: too slow to wait for at B 1024, dIn 512, dSae 4096, k 32; --only small has it"],
    });
  });
});

suite("comparisons", () => {
  const of = (name: string, variant: string, cpuMs: number[], wallMs: number[]): Measured => ({
    name,
    variant,
    times: { step: { cpuMs, wallMs } },
    memory,
  });

  test("are against the faster interpreter, each number for itself", () => {
    const all = [of("one", "topk", [8, 6, 7], [9, 9, 9]), of("two", "topk", [7, 7, 7], [8, 10, 12])];
    const theirs = fastest(all, "topk", "step");
    expect(theirs).toEqual({ cpuMin: 6, cpuMedian: 7, wallMin: 8, wallMedian: 9 });
    expect(fastest(all, "batch-topk", "step")).toBeUndefined();
    const ours = { cpuMin: 2, cpuMedian: 2, wallMin: 2, wallMedian: 3 };
    expect(theirs && ratios(theirs, ours)).toEqual({ cpuMin: 3, cpuMedian: 3.5, wallMin: 4, wallMedian: 3 });
  });

  test("have a middle for even and odd counts, and three digits", () => {
    expect(summarize([4, 1, 3])).toEqual({ min: 1, median: 3 });
    expect(summarize([4, 1, 3, 2])).toEqual({ min: 1, median: 2.5 });
    expect([1234.5, 123.4, 12.34, 0.01234, 0].map(short)).toEqual(["1235", "123", "12.3", "0.0123", "0"]);
  });

  test("say whether a bound holds", () => {
    expect(verdictText(judge("a", 5, { floor: 5 }))).toBe("≥ 5 ok");
    expect(verdictText(judge("a", 1.03, { ceiling: 1.02 }))).toBe("≤ 1.02 missed");
  });
});

suite("npm run bench -- accuracy", () => {
  test("measures a gradient by the norm of its difference, and takes the worst parameter", () => {
    // ‖(0, 0.5)‖ / ‖(3, 4)‖ = 0.1, and 0.01 for the other parameter.
    const reference = { loss: 2, gradients: { a: Float64Array.of(3, 4), b: Float64Array.of(100) } };
    const got = { loss: 2.5, gradients: { a: Float64Array.of(3, 4.5), b: Float64Array.of(101) } };
    expect(errorsOf(got, reference)).toEqual({ loss: 0.25, gradients: 0.1 });
    const broken = { ...got, gradients: { ...got.gradients, b: Float64Array.of(Number.NaN) } };
    expect(errorsOf(broken, reference).gradients).toBeNaN();
    expect(() => errorsOf({ ...got, gradients: {} }, reference)).toThrow("no gradient of a");
    expect(
      errorRows([{ name: "one", errors: { topk: { loss: 2e-8, gradients: 3.4e-7 } } }], ["topk", "relu"]),
    ).toEqual([
      ["relative error", "loss", "topk", "relu"],
      ["one", "2e-8", "3e-7", ""],
    ]);
  });

  test("takes steps whose gradients are those of their loss", () => {
    const sizes = { batchSize: 12, dIn: 8, dSae: 40, k: 4 };
    for (const settings of caseSettings(sizes, 1)) {
      const one = accuracyCase(settings);
      const { loss, gradients } = stepInFloat64(one);
      expect(Object.keys(gradients).sort()).toEqual([...parameterNames(one.state)].sort());
      // The loss is quadratic in a bias between the places where a pair changes sides, so that a central difference is exact.
      const shifted = (by: number): number => {
        const moved = arrayOf(one.state, "parameter/decoderBias").slice();
        moved[0] = (moved[0] ?? 0) + by;
        return stepInFloat64({ ...one, state: withArrays(one.state, { "parameter/decoderBias": moved }) })
          .loss;
      };
      const h = 2 ** -12;
      const slope = (shifted(h) - shifted(-h)) / (2 * h);
      expect(Math.abs(slope - (gradients.decoderBias?.[0] ?? Number.NaN)), settings.name).toBeLessThan(1e-9);
      expect(loss).toBeGreaterThan(0);
    }
  });
});

suite("batches", () => {
  const rows = syntheticRows({ nRows: 200, dIn: 24, seed: 3 });

  test("are a function of the seed, and have a mean squared norm of 1", () => {
    expect(syntheticRows({ nRows: 200, dIn: 24, seed: 3 })).toEqual(rows);
    const scaled = Float32Array.from(rows);
    scaleToUnit(scaled, 24);
    const sum = scaled.reduce((total, value) => total + value * value, 0);
    expect(sum / 200).toBeCloseTo(1, 5);
  });

  test("tell where a share of pre-activations lies above", () => {
    const sizes = { batchSize: 100, dIn: 24, dSae: 100, k: 50 };
    // Half of the projections of centred rows on random directions are above 0.
    const half = sparseThreshold(rows, sizes, 1);
    const few = sparseThreshold(rows, { ...sizes, k: 2 }, 1);
    expect(Math.abs(half)).toBeLessThan(few / 10);
  });
});

suite("npm run bench -- engine", () => {
  test("knows its options", () => {
    expect(parseOptions(["--quick", "--only", "topk"])).toMatchObject({ workloads: ["W2"], parts: ["topk"] });
    expect(() => parseOptions(["--only", "W3"])).toThrow(UsageError);
    expect(parseOptions(["--engine", "tfjs-node"])).toMatchObject({ engines: ["tfjs-node"] });
    expect(() => parseOptions(["--engine", "tfjs"])).toThrow("known: native fp32");
    expect(() => parseOptions(["--rounds", "0"])).toThrow("from 1");
    expect(() => parseOptions(["--activations", "file"])).toThrow("--width");
  });

  // Seven processes, each of which loads a backend from sources.
  test("runs what there is at a tiny size, without PyTorch", async () => {
    const folder = await mkdtemp(join(tmpdir(), "plumbline-bench-test-"));
    try {
      const root = fileURLToPath(new URL("..", import.meta.url));
      const json = join(folder, "result.json");
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [
          "--conditions=@plumbline/source",
          "--import=./tests/snippets/from-source.mjs",
          "benchmarks/main.ts",
          "engine",
          ...["--only", "tiny", "--only", "encode", "--rounds", "1", "--no-torch", "--json", json],
        ],
        { cwd: root },
      );
      expect(stdout).toContain("tiny encode (B 32, dIn 16, dSae 96, k 4, threads 1)");
      expect(stdout).toContain("PyTorch    none");
      const { results, skipped } = JSON.parse(await readFile(json, "utf8"));
      // Each engine was measured, or is skipped by name with a reason.
      for (const name of [...fusedEngines, ...genericEngines]) {
        const ran = results[0].measured.find((one: Measured) => one.name === name);
        if (ran === undefined) expect(skipped).toContainEqual(expect.stringMatching(`^${name}: .`));
        else expect(ran.times.encode.cpuMs).toEqual([expect.any(Number)]);
      }
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }, 180_000);
});
