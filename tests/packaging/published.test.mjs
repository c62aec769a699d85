import { readFile } from "node:fs/promises";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { expect, inject, test } from "vitest";
import { run } from "../../tools/support/run.mjs";

for (const [name, tarball] of Object.entries(inject("tarballs"))) {
  test.concurrent(`${name}: publint finds nothing`, async () => {
    const { buffer } = new Uint8Array(await readFile(tarball));
    const { messages, pkg } = await publint({ pack: { tarball: buffer }, level: "warning", strict: true });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  test.concurrent(`${name}: types resolve for every ESM user`, async () => {
    const result = await run("attw", [tarball, "--profile", "esm-only", "--no-color", "--no-emoji"]);
    if (result.status !== 0) expect.fail(result.output);
  });
}
