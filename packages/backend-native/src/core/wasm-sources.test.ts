import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, describe as suite, test } from "vitest";

const folder = fileURLToPath(new URL("../../", import.meta.url));

suite("the WebAssembly that ships", () => {
  test("was built from the sources as they are; else: npm run wasm", () => {
    const script = "import('./scripts/sources.mjs').then((m) => console.log(m.wasmSourceHash()))";
    const { stdout } = spawnSync(process.execPath, ["-e", script], { cwd: folder, encoding: "utf8" });
    const { sources } = JSON.parse(readFileSync(`${folder}wasm/sources.json`, "utf8")) as { sources: string };
    expect(stdout.trim()).toBe(sources);
  });
});
