// The worker of one of our engines: one JSON object per line on standard input, one answer per line on standard output, with
// the same requests as engine/torch/worker.py.
import { createInterface } from "node:readline";
import type { Work } from "../protocol.ts";
import { OurWorker } from "./our-worker.ts";
import type { OurSettings } from "./settings.ts";

type Request =
  | ({ readonly op: "init" } & OurSettings)
  | Work
  | { readonly op: "stats" }
  | { readonly op: "memory" }
  | { readonly op: "quit" };

// What libraries print must not come between answers.
console.log = console.error;
console.info = console.error;

let worker: OurWorker | undefined;

async function answer(request: Request): Promise<object> {
  if (request.op === "init") {
    const opened = await OurWorker.open(request);
    if ("skip" in opened) return opened;
    worker = opened.worker;
    return { ok: true, device: opened.device };
  }
  if (request.op === "quit") return { ok: true };
  if (worker === undefined) throw new Error("the first request must be init");
  if (request.op === "stats") return worker.stats();
  return request.op === "memory" ? worker.memory() : worker.work(request);
}

for await (const line of createInterface({ input: process.stdin })) {
  const request = JSON.parse(line) as Request;
  const answered = await answer(request).catch((error: unknown) => {
    console.error(error);
    return { error: error instanceof Error ? error.message : String(error) };
  });
  process.stdout.write(`${JSON.stringify(answered)}\n`);
  if (request.op === "quit") process.exit(0);
}
process.exit(0); // whoever asked is gone
