import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tfjsCpuBackend } from "@plumbline/backend-tfjs-cpu";
import { loadInferenceForm } from "@plumbline/checkpoints/node";
import { interruption } from "@plumbline/extract/terminal";
import { unitRows } from "@plumbline/metrics";
import { beforeAll, expect, describe as suite, test } from "vitest";
import { plumbline, workshop } from "../commands.test-support.ts";
import { colouredShapes, dIn, dSae, families, saveColouredShapes } from "./meta.test-support.ts";

interface Line {
  readonly explainedVariance: { readonly value: number };
  readonly explainedShares: readonly (number | null)[];
  readonly l0: number;
  readonly nUnused: number;
  readonly parts: {
    readonly rowStarts: readonly number[];
    readonly metaLatents: readonly number[];
    readonly weights: readonly number[];
  };
}

/** As many meta latents as there are colours and shapes. */
const enough = ["--dictionary-size", "10", "--k", "2", "--steps", "400", "--lr", "0.005", "--seed", "1"];
const quick = ["--dictionary-size", "10", "--k", "2", "--steps", "4"];

let folder: string;
/** what is found with enough steps */
let found: Line;
beforeAll(async () => {
  folder = await workshop();
  await saveColouredShapes(join(folder, "sae"));
  found = lineOf((await meta(...enough, "--json", "--out", "found")).io);
}, 60_000);

const meta = (...argv: string[]) => plumbline(folder, ["meta", "sae", ...argv, "--backend", "tfjs-cpu"]);
const lineOf = (io: { lines(): readonly unknown[] }): Line => io.lines().at(-1) as Line;

/** Latents that have a meta latent. */
function latentsWith({ parts }: Line, metaLatent: number): number[] {
  const { rowStarts, metaLatents } = parts;
  return Array.from({ length: dSae }, (_, latent) => latent).filter((latent) =>
    metaLatents.slice(rowStarts[latent], rowStarts[latent + 1]).includes(metaLatent),
  );
}

/** Meta latents that stand for a whole colour or a whole shape, with its latents. */
function familiesFound(line: Line): { readonly metaLatent: number; readonly latents: readonly number[] }[] {
  return Array.from({ length: 10 }, (_, metaLatent) => ({
    metaLatent,
    latents: latentsWith(line, metaLatent),
  })).filter(({ latents }) => families.some((family) => family.join() === latents.join()));
}

/** First column of a table's rows. */
const firstColumn = (text: string): number[] =>
  [...text.matchAll(/^ +(\d+) {2,}/gm)].map(([, number]) => Number(number)).sort((a, b) => a - b);

suite("plumbline meta", () => {
  test("finds the parts that rows were made of", () => {
    expect(found.explainedVariance.value).toBeGreaterThan(0.99);
    expect(found.l0).toBeLessThan(2.5);
    // Of the ten one or two hide in the bias.
    expect(familiesFound(found).length).toBeGreaterThanOrEqual(6);
  });

  test("with --random-rows says what as many rows without structure give", async () => {
    const { io } = await meta(...enough, "--random-rows", "--json");
    const line = lineOf(io) as Line & { randomRows: { explainedVariance: { value: number } } };
    const { value } = line.randomRows.explainedVariance;
    expect(value).toBeGreaterThan(0);
    expect(value).toBeLessThan(found.explainedVariance.value - 0.1);
    expect(line.explainedVariance).toEqual(found.explainedVariance);
    expect((await meta(...quick, "--random-rows")).out).toContain("of random rows");
    expect((await meta(...quick)).out).not.toContain("of random rows");
  });

  test("lists the latents that a meta latent is part of, and the relatives of a latent", async () => {
    const [family] = familiesFound(found);
    const { metaLatent, latents } = family as NonNullable<typeof family>;
    const [latent = 0, ...others] = latents;
    const { exitCode, out } = await meta(
      ...enough,
      "--meta",
      String(metaLatent),
      "--latent",
      String(latent),
      "--latent",
      String(latent),
    );
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^sae · 25 latents as sums of 10 meta latents · explained variance 0\.99/);
    const [, ofLatent = "", ofMeta = "", ...more] = out.split("\n\n");
    expect(more).toEqual([]);
    expect(ofMeta).toMatch(new RegExp(`^meta latent ${metaLatent} · part of 5 latents, 20 %\\n`));
    expect(firstColumn(ofMeta)).toEqual(latents);
    expect(ofLatent).toMatch(
      new RegExp(`^latent ${latent} · \\d parts?, explained (1\\.000|0\\.9\\d\\d)\\n`),
    );
    const [, relatives = ""] = ofLatent.split(new RegExp(`^  meta latent ${metaLatent}, .*\n`, "m"));
    expect(firstColumn(relatives.split(/^ {2}meta/m)[0] ?? "")).toEqual(others);
    const strongest = await meta(...quick, "--meta", "0", "--top", "2");
    expect(strongest.out).toMatch(/part of \d+ latents, \d+ %, the strongest 2 of them\n/);
    expect(firstColumn(strongest.out)).toHaveLength(2);
  });

  test("sums up: numbers with what they are, shared meta latents, best and worst latents", async () => {
    const { exitCode, out, err } = await meta(...quick, "--top", "3");
    expect([exitCode, err]).toEqual([
      0,
      expect.stringContaining(
        "decoder rows 25 × 10 → 10 meta latents · batch-topk, k 2 · 4 steps of 25 rows",
      ),
    ]);
    expect(out).toMatch(/explained variance +-?\d\S+ +of decoder rows of norm 1: 1 − Σ‖row − rebuilt‖²/);
    expect(out).toMatch(/\n +unused meta latents +\d+ +of 10, part of no latent\n/);
    const [, shared = "", best = "", worst = ""] = out.split("\n\n");
    const sizes = [...shared.matchAll(/^ +\d+ +(\d+) +\d/gm)].map(([, size]) => Number(size));
    expect(sizes).toHaveLength(3);
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a));
    const shares = [best, worst].map((text) =>
      [...text.matchAll(/^ +\d+ +(-?\d\.\d+)/gm)].map(([, share]) => Number(share)),
    );
    expect(shares.map(({ length }) => length)).toEqual([3, 3]);
    expect(Math.min(...(shares[0] ?? []))).toBeGreaterThanOrEqual(Math.max(...(shares[1] ?? [])));
    expect(out).toMatch(/latents rebuilt best, of \d+ with more than one part/);
  });

  test("gives everything in JSON, the same for the same seed", async () => {
    const { io } = await meta(...quick, "--json");
    const line = lineOf(io);
    expect(io.lines()).toHaveLength(1);
    expect(line).toMatchObject({
      type: "meta-end",
      v: 1,
      sae: "sae",
      dSae: 25,
      meta: {
        architecture: "batch-topk",
        dictionarySize: 10,
        k: 2,
        nSteps: 4,
        batchSize: 25,
        lr: 0.001,
        seed: 0,
      },
      backend: "tfjs-cpu",
      source: expect.stringContaining("2502.04878"),
      definitions: {
        explainedVariance: "explained-variance.global@1",
        explainedShares: "explained-share.row@1",
      },
      out: null,
    });
    const { rowStarts, metaLatents, weights } = line.parts;
    expect([rowStarts.length, line.explainedShares.length]).toEqual([26, 25]);
    expect([metaLatents.length, weights.length]).toEqual([rowStarts.at(-1), rowStarts.at(-1)]);
    expect(line.l0).toBeCloseTo(metaLatents.length / 25, 12);
    expect(line.nUnused).toBe(10 - new Set(metaLatents).size);
    expect(lineOf((await meta(...quick, "--json")).io)).toEqual(line);
    expect(lineOf((await meta(...quick, "--seed", "2", "--json")).io).parts).not.toEqual(line.parts);
  });

  test("saves a meta SAE that explains alone as it did here, and that can be inspected", async () => {
    expect(await readdir(join(folder, "found"))).toEqual(["sae.json", "sae.safetensors"]);
    const form = await loadInferenceForm(join(folder, "found"));
    expect(form).toMatchObject({ dIn: 10, dSae: 10 });
    const inference = await tfjsCpuBackend.openInference(form);
    const { rowStarts, indices, values } = await inference.encode(unitRows(colouredShapes(), dIn));
    inference.dispose();
    expect([[...rowStarts], [...indices]]).toEqual([found.parts.rowStarts, found.parts.metaLatents]);
    for (const [at, value] of values.entries()) expect(value).toBeCloseTo(found.parts.weights[at] ?? 0, 5);
    const inspected = await plumbline(folder, ["inspect", "found"]);
    expect([inspected.exitCode, inspected.out]).toEqual([0, expect.stringContaining("batch-topk")]);
    // Refused before anything is trained.
    const again = await meta(...quick, "--out", "found");
    expect([again.exitCode, again.err]).toEqual([2, expect.stringMatching(/exists already\nwhere: found\n/)]);
    expect(again.err).not.toContain("steps of");
  });
});

suite("plumbline meta --labels", () => {
  test("shows labels beside latents, and no control characters", async () => {
    await writeFile(
      join(folder, "labels.json"),
      JSON.stringify({ 3: "a\n\u001b[31mred\u202e", 4: "x".repeat(200) }),
    );
    const { out } = await meta(...quick, "--labels", "labels.json", "--latent", "3", "--latent", "4");
    expect(out).toContain("latent 3 “a\\n\\u{1b}[31mred\\u{202e}” · ");
    expect(out).toContain(`latent 4 “${"x".repeat(79)}…” · `);
    for (const raw of ["\u001b", "\u202e"]) expect(out).not.toContain(raw);
    const summary = await meta(...quick, "--labels", "labels.json", "--top", "25");
    expect(summary.out).toMatch(/^ +3 +\d\.\d+ +\d+ \d.* a\\n\\u\{1b\}\[31mred\\u\{202e\}$/m);
    for (const raw of ["\u001b", "\u202e"]) expect(summary.out).not.toContain(raw);
  });

  test.each([
    ["no JSON", "{", "not JSON", /where: .*bad\.json\n/],
    ["a list", '["a"]', "expected an object, got a list", /where: bad\.json\n/],
    ["a number as text", '{"1": 7}', "expected text, got a number", /where: bad\.json, key "1"\n/],
    ["another latent", '{"25": "a"}', "a latent's number, 0 … 24, as key", /where: bad\.json, key "25"\n/],
    ["a number that is written otherwise", '{"01": "a"}', "as key", /where: bad\.json, key "01"\n/],
    ["a key that steers the terminal", '{"\\u001b[2J": "a"}', "as key", /key "\\u\{1b\}\[2J"\n/],
  ])("refuses %s", async (_, text, message, where) => {
    await writeFile(join(folder, "bad.json"), text);
    const { exitCode, err } = await meta(...quick, "--labels", "bad.json");
    expect([exitCode, err]).toEqual([3, expect.stringContaining(message)]);
    expect(err).toMatch(where);
  });
});

suite("plumbline meta refuses", () => {
  test.each([
    [["--latent", "25"], "--latent of 0 … 24, the SAE's latents, got 25"],
    [["--dictionary-size", "7", "--meta", "7"], "--meta of 0 … 6, the meta latents, got 7"],
    [["--dictionary-size", "7", "--ratio", "0.5"], "one of --dictionary-size and --ratio, got both"],
    [["--dictionary-size", "3", "--k", "4"], "expected k to be at most 3, the number of meta latents, got 4"],
    [["--top", "0"], "--top from 1, got 0"],
    [["--k", "0"], "--k from 1, got 0"],
    [["--lr", "-1"], "--lr above 0, got -1"],
  ])("%j", async (flags, message) => {
    const { exitCode, err, io } = await meta(...flags, "--json");
    expect([exitCode, err]).toEqual([2, expect.stringContaining(message)]);
    expect(io.lines()).toMatchObject([{ type: "error", code: "bad-option" }]);
  });

  test("what is no SAE, and stops when asked to with nothing saved", async () => {
    await mkdir(join(folder, "empty"), { recursive: true });
    const none = await plumbline(folder, ["meta", "empty"]);
    expect([none.exitCode, none.err]).toEqual([3, expect.stringContaining("expected a run (run.json)")]);
    const stop = new AbortController();
    setTimeout(() => stop.abort(interruption("SIGINT")), 200);
    const argv = ["meta", "sae", "--steps", "1000000", "--out", "stopped", "--backend", "tfjs-cpu"];
    const stopped = await plumbline(folder, argv, { signal: stop.signal });
    expect([stopped.exitCode, stopped.out]).toEqual([130, ""]);
    expect(await readdir(folder)).not.toContain("stopped");
  });
});
