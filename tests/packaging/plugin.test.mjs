import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { run } from "../../tools/support/run.mjs";

const project = inject("consumers")["plugin-project"] ?? "";

/**
 * Runs the installed command line in the project and gives the lines of its --json output.
 *
 * @param {...string} args
 */
async function plumbline(...args) {
  const result = await run(join(project, "node_modules", ".bin", "plumbline"), [...args, "--json"], {
    cwd: project,
  });
  expect(result.status, result.output).toBe(0);
  return result.stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
}

/**
 * 2000 rows of width 8 in a .npy file.
 *
 * @param {string} path
 */
function writeRows(path) {
  const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2000, 8), }".padEnd(117);
  const rows = Float32Array.from({ length: 16_000 }, (_, i) => Math.sin(i * i));
  writeFileSync(
    path,
    Buffer.concat([Buffer.from(`\x93NUMPY\x01\x00v\x00${header}\n`, "latin1"), Buffer.from(rows.buffer)]),
  );
}

for (const aligned of [false, true]) {
  test(`an architecture from outside is trained${aligned ? " aligned" : ""}, saved, loaded and evaluated by its name`, async () => {
    const name = aligned ? "aligned" : "free";
    const config = {
      architecture: { name: "soft-threshold", dSae: 24, shrink: 0.05, aligned },
      activations: { store: `store-${name}` },
      trainer: { nSteps: 60, batchSize: 128 },
      schedules: { lr: 0.01, sparsityCoefficient: 0.01 },
      plugins: ["./plugin.mjs"],
      out: name,
    };
    writeRows(join(project, "x.npy"));
    writeFileSync(
      join(project, `${name}-extract.json`),
      JSON.stringify({ source: { name: "npy", path: "x.npy" }, out: `store-${name}` }),
    );
    writeFileSync(join(project, `${name}.json`), JSON.stringify(config));
    await plumbline("extract", `${name}-extract.json`);
    const log = await plumbline("train", `${name}.json`);
    const steps = log.filter(({ type }) => type === "step");
    expect(steps.at(-1).loss).toBeLessThan(steps[0].loss);
    const saved = JSON.parse(readFileSync(join(project, name, "checkpoints/step-00000060/sae.json"), "utf8"));
    expect(saved.activation.kind).toBe("relu");
    const [evaluation] = (await plumbline("eval", name, "--activations", `store-${name}`)).slice(-1);
    expect(evaluation.type).toBe("eval-end");
    expect(JSON.stringify(evaluation.metrics)).toContain("explainedVariance");
  });
}
