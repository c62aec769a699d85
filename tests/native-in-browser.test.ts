import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, beforeAll, expect, describe as suite, test } from "vitest";
import { browser, inBrowser } from "./browser.support.ts";

const wasm = fileURLToPath(new URL("../packages/backend-native/wasm/", import.meta.url));

/** Trains a few steps in the page and posts what came out. */
const page = `
import { createNativeBackend } from "@plumbline/backend-native";
import { createRandom } from "@plumbline/core";
import { browserArchitecture as architecture, dIn, dSae, rows } from "./native-in-browser.support.ts";

const backend = createNativeBackend({ threads: 2 });
const probe = await backend.probe();
const sample = { rows, nRows: rows.length / dIn, mean: new Float32Array(dIn) };
const engine = await backend.createEngine({ architecture, dIn, dSae, random: createRandom(1), sample });
const losses = [];
for (let i = 0; i < 20; i++) losses.push((await engine.step(rows, { lr: 0.01, scalars: {}, wantStats: true })).loss);
const { values } = await engine.encode(rows);
const body = JSON.stringify({ device: probe.device ?? probe.reason, first: losses[0], last: losses[19], n: values.length });
await fetch("/result", { method: "POST", body });
`;
const html = `<script>
addEventListener("error", (event) => fetch("/result", { method: "POST", body: event.message }));
addEventListener("unhandledrejection", (event) => fetch("/result", { method: "POST", body: String(event.reason) }));
</script><script type="module" src="/app/main.js"></script>`;

let server: Server;
let origin = "";
let posted: (text: string) => void = () => undefined;

async function serve(isolated: boolean): Promise<void> {
  const made = await build({
    stdin: { contents: page, resolveDir: fileURLToPath(new URL(".", import.meta.url)), loader: "ts" },
    bundle: true,
    format: "esm",
    platform: "browser",
    conditions: ["@plumbline/source"],
    write: false,
  });
  const script = made.outputFiles[0]?.text ?? "";
  server = createServer((request, response) => {
    const path = (request.url ?? "/").split("?")[0] ?? "/";
    const file = /^\/wasm\/([\w.-]+)$/.exec(path)?.[1];
    const type = path.endsWith(".wasm") ? "application/wasm" : path === "/" ? "text/html" : "text/javascript";
    response.setHeader("content-type", type);
    if (isolated) {
      response.setHeader("cross-origin-opener-policy", "same-origin");
      response.setHeader("cross-origin-embedder-policy", "require-corp");
    }
    if (path === "/result") {
      let text = "";
      request.on("data", (part) => {
        text += part;
      });
      request.on("end", () => posted(text));
      response.end();
    } else if (file !== undefined) response.end(readFileSync(join(wasm, file)));
    else response.end(path === "/" ? html : script);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  origin = typeof address === "object" && address !== null ? `http://127.0.0.1:${address.port}/` : "";
}

/** What the page at `url` posts. */
async function resultOf(url: string): Promise<string> {
  const result = new Promise<string>((resolve) => {
    posted = resolve;
  });
  return inBrowser(url, result);
}

for (const isolated of [true, false]) {
  const threads = isolated ? "2 threads" : "1 thread";
  const name = `the fused engine in a browser, ${isolated ? "cross-origin isolated" : "not isolated"}`;
  const reason = browser === undefined ? " (skipped: no Chromium on this machine)" : "";
  (browser === undefined ? suite.skip : suite)(`${name}${reason}`, () => {
    beforeAll(() => serve(isolated));
    afterAll(() => {
      server.close();
    });

    test(`trains on ${threads} and encodes`, async () => {
      const result = JSON.parse(await resultOf(origin));
      expect(result.device).toContain(`WebAssembly, wasm, ${threads}`);
      expect(result.last).toBeLessThan(0.7 * result.first);
      expect(result.n).toBeGreaterThan(0);
    });
  });
}
