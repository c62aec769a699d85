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

suite("truncateRunLog()", () => {
  test("keeps lines up to the step and those without a step", async () => {
    const start = { type: "run-start", v: 1 };
    const steps = [10, 20, 30].map((step) => ({ type: "step", v: 1, step, note: "é" }));
    await write([start, ...steps]);
    await truncateRunLog(run, 20, saved);
    expect(await text()).toBe(
      `${[start, ...steps.slice(0, 2)].map((line) => JSON.stringify(line)).join("\n")}\n`,
    );
  });

  test("drops a half-written last line and what was said of the end", async () => {
    await write([{ type: "step", v: 1, step: 1 }]);
    await appendFile(join(run, "metrics.ndjson"), '{"type":"st');
    await truncateRunLog(run, 0, saved);
    expect(await text()).toBe('{"type":"step","v":1,"step":1}\n');
    await write([{ type: "run-end", v: 1, status: "interrupted" }]);
    await truncateRunLog(run, 0, saved);
    expect(await text()).toBe('{"type":"step","v":1,"step":1}\n');
  });

  test("appends where it was cut", async () => {
    await write([
      { type: "step", v: 1, step: 1 },
      { type: "step", v: 1, step: 2 },
    ]);
    await truncateRunLog(run, 1, saved);
    await write([{ type: "step", v: 1, step: 2, again: true }]);
    expect(
      (await text())
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).step),
    ).toEqual([1, 2]);
  });

  test("says that the checkpoint was saved where the kill came before that line", async () => {
    await truncateRunLog(run, 3, saved);
    expect(await text()).toBe(
      '{"type":"checkpoint-saved","v":1,"step":3,"tokens":6,"path":"checkpoints/x"}\n',
    );
    await truncateRunLog(run, 3, saved);
    expect((await text()).trim().split("\n")).toHaveLength(1);
  });
});
