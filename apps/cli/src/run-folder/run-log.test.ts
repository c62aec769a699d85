import { appendFile, mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, describe as suite, test } from "vitest";
import { openRunLog, truncateRunLog } from "./run-log.ts";

let run: string;
beforeEach(async () => {
  run = await mkdtemp(join(tmpdir(), "plumbline-log-"));
});

const saved = { tokens: 6, path: "checkpoints/x" };
const text = (): Promise<string> => readFile(join(run, "metrics.ndjson"), "utf8");

async function write(lines: readonly object[]): Promise<void> {
  const log = await openRunLog(run);
  for (const line of lines) await log.append({ ...line });
  await log.flush();
  await log.close();
}

const told = { type: "checkpoint-saved", v: 1, step: 20, tokens: 6, path: "checkpoints/x" };
const linesOf = (lines: readonly object[]): string =>
  lines.map((line) => `${JSON.stringify(line)}\n`).join("");

suite("truncateRunLog()", () => {
  test("keeps lines up to the step and those without a step", async () => {
    const start = { type: "run-start", v: 1 };
    const [first, second, third] = [10, 20, 30].map((step) => ({ type: "step", v: 1, step, note: "é" }));
    await write([start, { ...first }, { ...second }, told, { ...third }]);
    await truncateRunLog(run, 20, saved);
    expect(await text()).toBe(linesOf([start, { ...first }, { ...second }, told]));
  });

  test("drops a half-written last line and what was said of the end", async () => {
    await write([told]);
    await appendFile(join(run, "metrics.ndjson"), '{"type":"st');
    await truncateRunLog(run, 20, saved);
    expect(await text()).toBe(linesOf([told]));
    await write([{ type: "run-end", v: 1, status: "interrupted" }]);
    await truncateRunLog(run, 20, saved);
    expect(await text()).toBe(linesOf([told]));
  });

  test("says that the checkpoint was saved where a kill came before that line", async () => {
    await truncateRunLog(run, 20, saved);
    expect(await text()).toBe(linesOf([told]));
    await truncateRunLog(run, 20, saved);
    expect(await text()).toBe(linesOf([told]));
  });

  test("empties the log for a run that starts from the beginning", async () => {
    await write([
      { type: "run-start", v: 1, step: 0 },
      { type: "step", v: 1, step: 1 },
    ]);
    await truncateRunLog(run, 0, saved);
    expect(await text()).toBe("");
  });
});
