import { join } from "node:path";
import { loadInferenceForm, saveCheckpoint } from "@plumbline/checkpoints/node";
import type { InferenceForm } from "@plumbline/core";
import { beforeAll, expect, describe as suite, test } from "vitest";
import { plumbline } from "../commands.test-support.ts";
import {
  checkpointOf,
  correlation,
  dIn,
  type Encoded,
  encodeAll,
  heldOutRows as rows,
  twoRuns,
  unexplainedOf,
} from "./compare.test-support.ts";

interface Value {
  readonly value: number | null;
  readonly reason?: string;
}
type Changed = Readonly<Record<"a" | "b" | "difference" | "relativeChange", Value>>;
interface Candidate {
  readonly latent: number;
  readonly firingRate: number;
  readonly partners: readonly number[];
  readonly phis: readonly number[];
}
interface Line {
  readonly definitions: Readonly<Record<string, string>>;
  readonly metrics: {
    readonly changes: Readonly<Record<string, Changed>> & { readonly absPhiQuantiles: readonly Changed[] };
    readonly phiHistogram: { readonly difference: { readonly shares: readonly number[] | null } };
    readonly across: {
      readonly meanTopPhi: Readonly<Record<"a" | "b", Value>>;
      readonly splitting: readonly Candidate[];
      readonly merging: readonly Candidate[];
    };
    readonly pairing: {
      readonly threshold: number;
      readonly all: {
        readonly decoder: {
          readonly nRows: readonly number[];
          readonly matchedCosine: Value;
          readonly shareMatchedAbove: Value;
        };
      };
      readonly alive: Line["metrics"]["pairing"]["all"];
    };
    readonly perLatent?: {
      readonly columnOf: readonly number[];
      readonly cosines: readonly (number | null)[];
    };
  };
}

let folder: string;
/** the two SAEs, and what they make of the rows */
let forms: { a: InferenceForm; b: InferenceForm };
let encoded: { a: Encoded; b: Encoded };

beforeAll(async () => {
  folder = await twoRuns();
  forms = {
    a: await loadInferenceForm(checkpointOf(folder, "run-a")),
    b: await loadInferenceForm(checkpointOf(folder, "run-b")),
  };
  encoded = { a: await encodeAll(forms.a, rows), b: await encodeAll(forms.b, rows) };
});

const compare = (...argv: string[]) => plumbline(folder, ["compare", ...argv, "--backend", "tfjs-cpu"]);
const heldOut = ["--activations", "held-out"];

async function lineOf(...argv: string[]): Promise<Line> {
  const { io } = await compare(...argv, "--json");
  expect(io.lines()).toHaveLength(1);
  return io.lines()[0] as unknown as Line;
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** φ of all pairs `i < j` of latents of one SAE; 0 where a latent never fired. */
function phisWithin({ fired }: Encoded): number[] {
  return fired.flatMap((first, i) => fired.slice(i + 1).map((second) => correlation(first, second)));
}

suite("plumbline compare", () => {
  test("agrees with numbers computed anew from the encoded rows", async () => {
    const { changes, phiHistogram } = (await lineOf("run-a", "run-b", ...heldOut)).metrics;
    const [phisA, phisB] = [phisWithin(encoded.a), phisWithin(encoded.b)];
    const absolute = (phis: readonly number[]): number => mean(phis.map(Math.abs));
    const fuv = { a: unexplainedOf(rows, encoded.a.xHat, dIn), b: unexplainedOf(rows, encoded.b.xHat, dIn) };
    const { unexplainedVariance, explainedVariance, meanAbsPhi, l0 } = changes;
    expect(unexplainedVariance?.a.value).toBeCloseTo(fuv.a, 9);
    expect(unexplainedVariance?.relativeChange.value).toBeCloseTo((fuv.a - fuv.b) / fuv.b, 9);
    expect(explainedVariance?.difference.value).toBeCloseTo(fuv.b - fuv.a, 9);
    expect(explainedVariance?.relativeChange.value).toBeNull();
    expect(meanAbsPhi?.a.value).toBeCloseTo(absolute(phisA), 12);
    expect(meanAbsPhi?.b.value).toBeCloseTo(absolute(phisB), 12);
    expect(meanAbsPhi?.relativeChange.value).toBeCloseTo(absolute(phisA) / absolute(phisB) - 1, 12);
    // The two are not alike, or none of this would say anything.
    expect(Math.abs(meanAbsPhi?.relativeChange.value ?? 0)).toBeGreaterThan(0.01);
    expect(Math.abs(unexplainedVariance?.relativeChange.value ?? 0)).toBeGreaterThan(0.01);
    expect([l0?.a.value, l0?.b.value, l0?.relativeChange.value]).toEqual([2, 2, 0]);
    const inBin = (phis: readonly number[], bin: number): number =>
      phis.filter((phi) => Math.floor(64 * phi) + 64 === bin).length / phis.length;
    const { shares } = phiHistogram.difference;
    expect(encoded.a.fired.every((latent) => latent.includes(1))).toBe(true);
    expect(encoded.b.fired.every((latent) => latent.includes(1))).toBe(true);
    for (const bin of [62, 63, 64, 65]) {
      expect(shares?.[bin]).toBeCloseTo(inBin(phisA, bin) - inBin(phisB, bin), 12);
    }
    expect(mean(shares ?? [])).toBeCloseTo(0, 12);
    const negative = (phis: readonly number[]): number => phis.filter((phi) => phi < 0).length / phis.length;
    expect(changes.shareNegativePhi?.difference.value).toBeCloseTo(negative(phisA) - negative(phisB), 12);
  });

  test("finds for latents of each SAE those of the other that fire with them", async () => {
    const { across } = (await lineOf("run-a", "run-b", ...heldOut, "--top", "3")).metrics;
    const phisOf = (from: Encoded, to: Encoded): number[][] =>
      from.fired.map((one) => to.fired.map((other) => correlation(one, other)));
    const largest = (phis: readonly number[][]): number => mean(phis.map((row) => Math.max(...row)));
    const [ofA, ofB] = [phisOf(encoded.a, encoded.b), phisOf(encoded.b, encoded.a)];
    expect(across.meanTopPhi.a.value).toBeCloseTo(largest(ofA), 6);
    expect(across.meanTopPhi.b.value).toBeCloseTo(largest(ofB), 6);
    const rare = ({ fired }: Encoded): number[] =>
      fired.flatMap((latent, i) => (mean([...latent]) <= 0.05 ? [i] : []));
    const bestSecond = (phis: readonly number[][], latents: readonly number[]): number =>
      Math.max(...latents.map((latent) => [...(phis[latent] ?? [])].sort((x, y) => y - x)[1] ?? -1));
    for (const [candidates, phis, latents] of [
      [across.splitting, ofB, rare(encoded.b)],
      [across.merging, ofA, rare(encoded.a)],
    ] as const) {
      expect(candidates).toHaveLength(3);
      expect(candidates[0]?.phis[1]).toBeCloseTo(bestSecond(phis, latents), 12);
      for (const { latent, partners, phis: said } of candidates) {
        expect(latents).toContain(latent);
        partners.forEach((partner, rank) => {
          expect(said[rank]).toBeCloseTo(phis[latent]?.[partner] ?? Number.NaN, 12);
        });
      }
    }
    // Of what fires is said how often.
    const [first] = across.merging;
    expect(first?.firingRate).toBeCloseTo(mean([...(encoded.a.fired[first?.latent ?? -1] ?? [])]), 12);
  });

  test("pairs latents one to one, and leaves those over of the larger SAE", async () => {
    const { pairing, perLatent } = (
      await lineOf("run-a", "run-b", ...heldOut, "--per-latent", "--threshold", "0.5")
    ).metrics;
    const { columnOf = [], cosines = [] } = perLatent ?? {};
    expect(pairing.all.decoder.nRows).toEqual([40, 32]);
    expect(columnOf.filter((column) => column === -1)).toHaveLength(8);
    expect(new Set(columnOf).size).toBe(33);
    const row = ({ decoder }: InferenceForm, i: number) => [...decoder.subarray(i * dIn, (i + 1) * dIn)];
    const dot = (x: number[], y: number[]): number => x.reduce((sum, v, d) => sum + v * (y[d] ?? 0), 0);
    const found = columnOf.flatMap((column, i) => {
      if (column === -1) {
        expect(cosines[i]).toBeNull();
        return [];
      }
      const [x, y] = [row(forms.a, i), row(forms.b, column)];
      const cosine = dot(x, y) / Math.sqrt(dot(x, x) * dot(y, y));
      expect(cosines[i]).toBeCloseTo(cosine, 5);
      return [cosine];
    });
    expect(pairing.threshold).toBe(0.5);
    expect(pairing.all.decoder.matchedCosine.value).toBeCloseTo(mean(found), 5);
    expect(pairing.all.decoder.shareMatchedAbove.value).toBe(
      found.filter((cosine) => cosine > 0.5).length / 32,
    );
    const without = await lineOf("run-a", "run-b", ...heldOut);
    expect(without.metrics.perLatent).toBeUndefined();
  });

  test("finds an SAE equal to itself", async () => {
    const { metrics } = await lineOf("run-a", checkpointOf(folder, "run-a"), ...heldOut, "--per-latent");
    const { absPhiQuantiles, ...changes } = metrics.changes;
    for (const [name, change] of [...Object.entries(changes), ...absPhiQuantiles.entries()]) {
      expect([name, change.difference.value]).toEqual([name, 0]);
    }
    expect(metrics.changes.meanAbsPhi?.relativeChange.value).toBe(0);
    expect(new Set(metrics.phiHistogram.difference.shares)).toEqual(new Set([0]));
    expect(metrics.across.meanTopPhi.a.value).toBe(1);
    expect(metrics.pairing.all.decoder.matchedCosine.value).toBeCloseTo(1, 6);
    expect(metrics.perLatent?.columnOf).toEqual(Array.from({ length: 40 }, (_, i) => i));
  });

  test("finds a copy with its latents in another order equal, and that order", async () => {
    const { a } = forms;
    // 7 and 40 have no common divisor: each latent is taken once.
    const order = Array.from({ length: 40 }, (_, i) => (7 * i + 3) % 40);
    const take = (from: Float32Array, width: number): Float32Array =>
      Float32Array.from(order.flatMap((i) => [...from.subarray(i * width, (i + 1) * width)]));
    const form = {
      ...a,
      encoder: take(a.encoder, dIn),
      decoder: take(a.decoder, dIn),
      encoderBias: take(a.encoderBias, 1),
    };
    await saveCheckpoint(join(folder, "permuted"), { form });
    const { changes, across, pairing, perLatent } = (
      await lineOf("permuted", "run-a", ...heldOut, "--per-latent")
    ).metrics;
    expect(perLatent?.columnOf).toEqual(order);
    expect(pairing.alive.decoder.matchedCosine.value).toBeCloseTo(1, 6);
    expect(across.meanTopPhi.b.value).toBe(1);
    expect(changes.meanAbsPhi?.relativeChange.value).toBeCloseTo(0, 12);
    // Sums over latents in another order round otherwise in float32.
    expect(changes.unexplainedVariance?.relativeChange.value).toBeCloseTo(0, 6);
  });

  test("says it as tables, with names, tokens and signs", async () => {
    const { exitCode, out, err } = await compare("run-a", "run-b", ...heldOut, "--top", "2");
    expect(exitCode).toBe(0);
    expect(out).toMatch(
      /^compare · unexplained variance [+-]\d[\d.]* % · mean \|φ\| [+-]\d[\d.]* %\n {2}a {2}run-a\/step-00000040 {2}8 → 40 {2}seed 0\n {2}b {2}run-b\/step-00000040 {2}8 → 32 {2}seed 1\n/,
    );
    expect(out).toMatch(/\nmeasured · on the same 5000 tokens/);
    expect(out).toMatch(/ {2}L0 +2 +2 +0 +0 %\n/);
    expect(out).toMatch(/ {2}dead latents +0 +0 +0 +of 40 and 32 latents\n/);
    expect(out).toMatch(/ {2}below 0 +0\.\d+ +0\.\d+ +[+-]?\d\S* +[+-]\d[\d.]* %\n/);
    expect(out.match(/\n {2}b \d+ +on [\d.]+ % of tokens +a \d+ +φ/g)).toHaveLength(2);
    expect(out).toMatch(/\n {2}decoder: matched cosine +0\.\d+ +0\.\d+\n/);
    // 40 · 39 / 2 + 32 · 31 / 2 + 40 · 32 = 2556 pairs, 4 bytes each: 9.98 KiB
    expect(err).toMatch(/counts of pairs take 10\.0 KiB/);
    expect(err).not.toContain("warning");
    const line = await lineOf("run-a", "run-b", ...heldOut, "--tokens", "300");
    expect(line).toMatchObject({
      type: "compare-end",
      v: 1,
      a: { sae: "run-a/step-00000040", seed: 0, dSae: 40 },
      b: { sae: "run-b/step-00000040", seed: 1, dSae: 32 },
      activations: { firstToken: 0, nTokens: 300, sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
      definitions: {
        meanAbsPhi: "mean-abs-phi.all-pairs@1",
        unexplainedVariance: "unexplained-variance.global@1",
      },
      metrics: { a: { sparsity: { nTokens: 300 } }, b: { cooccurrence: { dSae: 32, nTokens: 300 } } },
    });
  });

  test("prints no number whose definition cannot be looked up", async () => {
    const { definitions } = await lineOf("run-a", "run-b", ...heldOut);
    const { out } = await plumbline(folder, ["list", "metrics"]);
    expect(Object.keys(definitions)).toEqual(
      expect.arrayContaining([
        "l0",
        "phi",
        "absPhiQuantiles",
        "meanTopPhi",
        "matchedCosine",
        "relativeChange",
      ]),
    );
    for (const [name, id] of Object.entries(definitions))
      expect(out).toMatch(new RegExp(`^${name} +${id}: `, "m"));
  });

  test("warns of activations that one was trained on, and has no numbers without tokens", async () => {
    expect((await compare("run-a", "run-b", "--activations", "store")).err).toContain(
      "warning: one of them was trained on these activations",
    );
    const { exitCode, out } = await compare("run-a", "run-b", ...heldOut, "--tokens", "0");
    expect(exitCode).toBe(0);
    expect(out).toMatch(/unexplained variance +no tokens +no tokens +a: no tokens\n/);
    const { metrics } = await lineOf("run-a", "run-b", ...heldOut, "--tokens", "0");
    const none = { value: null, reason: "a: no tokens" };
    expect(metrics.changes.unexplainedVariance).toMatchObject({ difference: none, relativeChange: none });
    expect(metrics.phiHistogram.difference).toEqual({ shares: null, reason: "a: no tokens" });
  });
});
