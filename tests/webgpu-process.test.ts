import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, describe as suite, test } from "vitest";
import { probeWebgpu, webgpuEnvironment } from "./webgpu.support.ts";

const probe = await probeWebgpu();
/** Where the packages of this workspace are found by name. */
const here = fileURLToPath(new URL(".", import.meta.url));

const program = `
import { topK } from "@plumbline/architectures";
import { tfjsCpuBackend } from "@plumbline/backend-tfjs-cpu";
import { tfjsWebgpuBackend } from "@plumbline/backend-tfjs-webgpu";
import { createRandom } from "@plumbline/core";
import { sampleOf, toySuperposition } from "@plumbline/testing";
import { setBackend } from "@tensorflow/tfjs-core";

const before = [typeof navigator, typeof navigator === "object" && "gpu" in navigator].join();
await tfjsCpuBackend.probe();
await setBackend("cpu");
const dIn = 40;
const { rows } = toySuperposition({ dIn, nLatents: 48, nRows: 64, l0: 3, seed: 0 });
const options = { architecture: topK({ k: 3 }), dIn, dSae: 64, sample: sampleOf(rows, dIn) };
const losses = [];
for (const backend of [tfjsCpuBackend, tfjsWebgpuBackend]) {
  const engine = await backend.createEngine({ ...options, random: createRandom(0) });
  for (let i = 0; i < 3; i++) {
    globalThis.gc();
    losses.push((await engine.step(rows, { lr: 0.01, scalars: {}, wantStats: true })).loss);
    // Garbage that was collected while a device worked ended processes.
    await new Promise((resolve) => setTimeout(resolve));
  }
  if (process.argv[1] !== "keep") engine.dispose();
}
const after = [typeof navigator, typeof navigator === "object" && "gpu" in navigator].join();
console.log(JSON.stringify({ losses, same: before === after }));
`;

const reason = probe.available ? "" : ` (skipped: ${probe.reason}; npm run webgpu brings it)`;
(probe.available ? suite : suite.skip)(`a program that trains on WebGPU in Node${reason}`, () => {
  for (const way of ["dispose", "keep"]) {
    test(`ends by itself, engines ${way === "keep" ? "kept" : "disposed"}, and leaves no trace`, () => {
      const { status, signal, stdout, stderr } = spawnSync(
        process.execPath,
        [
          "--expose-gc",
          "--conditions=@plumbline/source",
          "--import=./snippets/from-source.mjs",
          "--input-type=module",
          "--eval",
          program,
          way,
        ],
        { cwd: here, env: { ...process.env, ...webgpuEnvironment }, encoding: "utf8", timeout: 50_000 },
      );
      expect([status, signal], stderr).toEqual([0, null]);
      const { losses, same } = JSON.parse(stdout);
      const [cpu, webgpu] = [losses.slice(0, 3), losses.slice(3)];
      // float32 sums of a few thousand terms in another order, over three steps.
      for (const i of [0, 1, 2]) expect(Math.abs(webgpu[i] - cpu[i])).toBeLessThan(1e-4 * cpu[i]);
      expect(same).toBe(true);
    });
  }
});
