import { nativeBackend } from "@plumbline/backend-native";
import type { Backend, EngineState, SaeEngine } from "@plumbline/core";
import { beforeAll, expect, describe as suite, test } from "vitest";
import "@tensorflow/tfjs";
import { withArrays } from "./case.ts";
import { runCase } from "./compare/run-case.ts";
import { drawCase, fewer } from "./draw/draw-case.ts";
import { probeCase } from "./draw/probe-case.ts";
import { type Engines, openEngines } from "./engines.ts";
import { Findings } from "./findings.ts";
import { certainLargest, keepLargest, kept, out, unsure } from "./reference/selection.ts";

const seed = 20;
const nCases = 150;
const probe = await nativeBackend.probe();
const title = probe.available ? "" : `, skipped: ${probe.reason}`;

/** The first cases that the native engine takes, compared. */
async function runSome(engines: Engines, indices: readonly number[]): Promise<Findings> {
  const findings = new Findings();
  for (const index of indices) await runCase(drawCase(seed, index, fewer), engines, findings);
  return findings;
}

/** Every violation, with the command that shows it again. */
const linesOf = ({ violations }: Findings): string[] =>
  violations.map(
    ({ index, label, what }) =>
      `${label}: ${what}; npm run -s equality -- --small --seed ${seed} --only ${index}`,
  );

/** A backend whose engines do something wrong. */
function sabotaged(
  backend: Backend<unknown>,
  change: (engine: SaeEngine) => Partial<SaeEngine>,
): Backend<unknown> {
  return {
    ...backend,
    createEngine: async (options) => {
      const engine = await backend.createEngine(options);
      const bound = (name: keyof SaeEngine): unknown => {
        const member = engine[name];
        return typeof member === "function" ? member.bind(engine) : member;
      };
      const names = [
        "dIn",
        "dSae",
        "step",
        "encode",
        "decode",
        "inference",
        "exportState",
        "importState",
        "dispose",
      ] as const;
      const plain = Object.fromEntries(names.map((name) => [name, bound(name)])) as unknown as SaeEngine;
      return { ...plain, ...change(plain) };
    },
  };
}

function nudged(state: EngineState, name: string, by: (value: number) => number): EngineState {
  const data = state.arrays[name]?.data;
  return data instanceof Float32Array
    ? withArrays(state, { [name]: data.map((value, i) => (i === 0 ? by(value) : value)) })
    : state;
}

suite.skipIf(!probe.available)(`the fused engine and the generic one${title}`, () => {
  let engines: Engines;
  beforeAll(async () => {
    engines = await openEngines({}, probeCase());
  });

  test(`are equal on ${nCases} configurations of seed ${seed}, and the fused one at every level`, async () => {
    const findings = await runSome(
      engines,
      Array.from({ length: nCases }, (_, i) => i),
    );
    expect(linesOf(findings)).toEqual([]);
    const compared = [...findings.families.values()].reduce((sum, family) => sum + family.compared, 0);
    expect(compared).toBeGreaterThan(100);
    expect([...findings.counts.keys()]).toContain("configurations of exact sums, every tie compared");
  });

  const wrongs: readonly (readonly [string, (engine: SaeEngine) => Partial<SaeEngine>, RegExp])[] = [
    [
      "a loss",
      (engine) => ({
        step: async (batch, controls) => {
          const stats = await engine.step(batch, controls);
          return stats && { ...stats, loss: stats.loss * 1.0001 + 1e-4 };
        },
      }),
      /loss is/,
    ],
    [
      "a gradient",
      (engine) => ({
        exportState: async () =>
          nudged(await engine.exportState(), "optimizer/mean/decoderBias", (m) => m * 1.01 + 1e-3),
      }),
      /gradient of decoderBias/,
    ],
    [
      "an update",
      (engine) => ({
        exportState: async () =>
          nudged(await engine.exportState(), "parameter/encoderBias", (b) => b + 1e-3 * Math.abs(b) + 1e-4),
      }),
      /update of encoderBias/,
    ],
    [
      "a latent too few",
      (engine) => ({
        encode: async (batch) => {
          const { rowStarts, indices, values, ...shape } = await engine.encode(batch);
          const n = Math.max(0, values.length - 1);
          return {
            ...shape,
            rowStarts: rowStarts.map((start) => Math.min(start, n)),
            indices: indices.slice(0, n),
            values: values.slice(0, n),
          };
        },
      }),
      /encode leaves out/,
    ],
  ];
  for (const [what, change, words] of wrongs) {
    test(`are told apart by ${what}`, async () => {
      const native = { name: "sabotaged", backend: sabotaged(engines.native.backend, change) };
      const findings = await runSome({ ...engines, native, variants: [] }, [0, 1, 2, 3, 4, 5]);
      expect(linesOf(findings).join("\n")).toMatch(words);
    });
  }

  test("are told apart by one bit at one level", async () => {
    const backend = sabotaged(engines.native.backend, (engine) => ({
      exportState: async () =>
        nudged(await engine.exportState(), "parameter/decoderBias", (b) => b + 2 ** -20 * (1 + Math.abs(b))),
    }));
    const findings = await runSome({ ...engines, variants: [{ name: "other", backend }] }, [0, 1, 2]);
    expect(linesOf(findings).join("\n")).toMatch(
      /other differs from .* in the bytes of parameter\/decoderBias after 3 steps/,
    );
  });
});

suite("the tie rule", () => {
  test("keeps the largest above 0, the earlier row and then the lower column first", () => {
    const scores = [2, 1, 2, 2, 0, -1];
    const options = { n: 2, width: 3 };
    expect([...keepLargest(scores, { ...options, perRow: true })]).toEqual([kept, out, kept, kept, out, out]);
    expect([...keepLargest(scores, { ...options, perRow: false })]).toEqual([kept, out, kept, out, out, out]);
  });

  test("is certain of equals, and not of scores within each other's bounds", () => {
    const ranking = {
      scores: Float64Array.of(5, 3, 3, 2.9),
      error: Float64Array.of(0.1, 0.2, 0.2, 0.2),
      equals: Int32Array.of(0, 1, 1, 3),
    };
    const options = { width: 4, perRow: true };
    // Two of 3, 3 and 2.9 fit beside 5: of the equal pair the second is last.
    expect([...certainLargest(ranking, { ...options, n: 2 })]).toEqual([kept, unsure, out, unsure]);
    expect([...certainLargest(ranking, { ...options, n: 3 })]).toEqual([kept, kept, unsure, unsure]);
    expect([...certainLargest(ranking, { ...options, n: 4 })]).toEqual([kept, kept, kept, kept]);
    expect(
      [...certainLargest({ ...ranking, equals: Int32Array.of(0, 1, 1, 1) }, { ...options, n: 2 })][1],
    ).toBe(kept);
  });
});
