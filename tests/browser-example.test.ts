import type { Server } from "node:http";
import { afterAll, beforeAll, expect, describe as suite, test } from "vitest";
import { buildExample } from "../examples/browser/build.ts";
import { serve } from "../examples/browser/serve.ts";
import { browser, inBrowser, webgpuFlags } from "./browser.support.ts";

/** Presses the page's button when it is ready and posts what it says in the end. */
const driver = `
const status = document.getElementById("status");
const until = (...states) => new Promise((resolve) => {
  const look = () => states.includes(status.dataset.state) && resolve();
  new MutationObserver(look).observe(status, { attributes: true, childList: true });
  look();
});
await until("ready");
const chosen = document.querySelector("input[name=backend]:checked");
const offers = Object.fromEntries([...document.querySelectorAll(".backend")].map((label) =>
  [label.querySelector("input").value, label.querySelector("small").textContent]));
if (!chosen.disabled) {
  document.getElementById("train").click();
  await until("done", "failed");
}
const text = (id) => document.getElementById(id).textContent;
const body = JSON.stringify({
  chosen: chosen.value, offers, status: status.textContent, variance: Number(text("variance-now")),
  found: parseInt(text("found-now")), rows: document.querySelectorAll("#numbers tr").length,
  requests: performance.getEntriesByType("resource").map((entry) => new URL(entry.name).origin),
});
await fetch("/result", { method: "POST", body });
`;

interface Seen {
  readonly chosen: string;
  readonly offers: Readonly<Record<string, string>>;
  readonly status: string;
  readonly variance: number;
  readonly found: number;
  readonly rows: number;
  readonly requests: readonly string[];
}

let server: Server;
let origin = "";
let posted: (text: string) => void = () => undefined;

beforeAll(async () => {
  if (browser === undefined) return;
  server = await serve(await buildExample(), 0);
  // The page as it is, with one script more.
  const [answer] = server.listeners("request") as ((request: unknown, response: unknown) => void)[];
  server.removeAllListeners("request");
  server.on("request", async (request, response) => {
    if (request.method === "POST") {
      let text = "";
      for await (const part of request) text += part;
      response.end();
      posted(text);
    } else if (request.url === "/app/driver.js") {
      response.setHeader("content-type", "text/javascript");
      response.end(driver);
    } else if (request.url === "/driven") {
      const page = await (await fetch(origin)).text();
      response.writeHead(200, {
        "content-type": "text/html",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
      });
      response.end(page.replace("</body>", '<script type="module" src="app/driver.js"></script></body>'));
    } else answer?.(request, response);
  });
  const address = server.address();
  origin = typeof address === "object" && address !== null ? `http://127.0.0.1:${address.port}/` : "";
});
afterAll(() => {
  server?.close();
});

async function see(settings: string, flags?: readonly string[]): Promise<Seen> {
  const result = new Promise<string>((resolve) => {
    posted = resolve;
  });
  return JSON.parse(await inBrowser(`${origin}driven#${settings}`, result, flags));
}

const reason = browser === undefined ? " (skipped: no Chromium on this machine)" : "";
(browser === undefined ? suite.skip : suite)(`the example page in a browser${reason}`, () => {
  test("chooses the fastest backend, finds the hidden directions, and asks nobody else", async () => {
    const seen = await see("seed=0");
    expect(seen.chosen).toBe("native");
    expect(seen.status).toMatch(/^Done: 600 steps on native in /);
    expect(seen.variance).toBeGreaterThan(0.85);
    expect(seen.found).toBeGreaterThan(43);
    expect(seen.rows).toBe(12);
    expect(new Set(seen.requests)).toEqual(new Set([new URL(origin).origin]));
  });

  test("trains with tfjs in WebAssembly, and says why WebGPU is not offered", async () => {
    const seen = await see("backend=tfjs-wasm&architecture=free&steps=100");
    expect(seen.status).toMatch(/^Done: 100 steps on tfjs-wasm in /);
    expect(seen.variance).toBeGreaterThan(0.7);
    expect(seen.offers["tfjs-webgpu"]).toMatch(/^not here: .+ To do: .+/);
  });

  test("trains with tfjs in plain JavaScript", async () => {
    const seen = await see("backend=tfjs-cpu&steps=50");
    expect(seen.status).toMatch(/^Done: 50 steps on tfjs-cpu in /);
    expect(seen.variance).toBeGreaterThan(0.5);
  });

  test("trains on WebGPU where the browser has an adapter, in software if need be", async (context) => {
    const seen = await see("backend=tfjs-webgpu&steps=30", webgpuFlags);
    const offer = seen.offers["tfjs-webgpu"] ?? "";
    if (offer.startsWith("not here")) context.skip(offer);
    expect(seen.status).toMatch(/^Done: 30 steps on tfjs-webgpu in /);
    // As on the other backends after 30 steps, to two places.
    expect(seen.variance).toBeGreaterThan(0.6);
  }, 240_000);
});
