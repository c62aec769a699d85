import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, describe as suite, test } from "vitest";
import { buildExtract, type ExtractProgram, makeModel, someText } from "./extract-program.support.ts";

let program: ExtractProgram;
let folder: string;

beforeAll(async () => {
  program = await buildExtract();
  folder = await mkdtemp(join(tmpdir(), "plumbline-extract-memory-"));
  await makeModel(join(folder, "model"));
  // maxRSS is in kilobytes.
  const report = 'process.on("exit", () => console.log(process.resourceUsage().maxRSS * 1024));';
  await writeFile(join(folder, "report.mjs"), report);
});

afterAll(async () => {
  await program.remove();
  await rm(folder, { recursive: true });
});

/** Extracts so many words at six hook points of width 16; the peak of resident memory, and what was written. */
async function extract(nWords: number): Promise<{ peakBytes: number; storeBytes: number }> {
  const [name, text] = [`store-${nWords}`, `text-${nWords}.jsonl`];
  await writeFile(join(folder, text), someText(nWords));
  const source = {
    name: "onnx",
    model: "model",
    hookPoints: ["blocks.*.hook_resid_post", "blocks.*.hook_mlp_out", "blocks.*.hook_attn_out"],
    text: { path: text },
    tokens: { contextLength: 32 },
    session: { threads: 1 },
    perRun: 16,
  };
  await writeFile(join(folder, "c.json"), JSON.stringify({ source, out: name, rowsPerShard: 8192 }));
  const options = { cwd: folder, imports: [join(folder, "report.mjs")] };
  const { exitCode, out, err } = await program.start(["c.json"], options).end;
  expect([exitCode, err]).toEqual([0, expect.stringContaining(`wrote ${(nWords * 26) / 25} rows`)]);
  const files = await readdir(join(folder, name), { recursive: true });
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, name, file))).size));
  return { peakBytes: Number(out), storeBytes: sizes.reduce((sum, size) => sum + size, 0) };
}

suite("an extraction from a model", () => {
  test("takes as much memory for twenty times the text", async () => {
    // The first reaches the plateau of the garbage collector already.
    const small = await extract(10_000);
    const large = await extract(200_000);
    expect(large.storeBytes).toBeGreaterThan(80e6);
    // Holding the rows, or the token ids and positions of all of them as numbers, would cost more.
    expect(large.peakBytes - small.peakBytes).toBeLessThan(40e6);
  });
});
