import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, describe as suite, test } from "vitest";
import { withRunLock } from "./run-lock.ts";

const fine = async (): Promise<string> => "done";
const folder = (): Promise<string> => mkdtemp(join(tmpdir(), "plumbline-lock-"));

suite("withRunLock()", () => {
  test("marks the folder during the work and leaves nothing behind", async () => {
    const run = await folder();
    expect(await withRunLock(run, () => readdir(run))).toEqual(["lock"]);
    expect(await readdir(run)).toEqual([]);
  });

  test("refuses while another process lives, and not after it was killed", async () => {
    const run = await folder();
    const other = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60000)"]);
    await once(other, "spawn");
    await writeFile(join(run, "lock"), JSON.stringify({ pid: other.pid }));
    await expect(withRunLock(run, fine)).rejects.toMatchObject({ code: "run-locked", kind: "usage" });
    other.kill("SIGKILL");
    await once(other, "exit");
    await expect(withRunLock(run, fine)).resolves.toBe("done");
  });

  test.runIf(process.platform === "linux")(
    "does not mistake a later process of the same id for the holder",
    async () => {
      const run = await folder();
      await writeFile(join(run, "lock"), JSON.stringify({ pid: process.ppid, start: "1" }));
      await expect(withRunLock(run, fine)).resolves.toBe("done");
    },
  );

  test("takes no notice of a half-written mark", async () => {
    const run = await folder();
    await writeFile(join(run, "lock"), '{"pid": 1');
    await expect(withRunLock(run, fine)).resolves.toBe("done");
  });
});
