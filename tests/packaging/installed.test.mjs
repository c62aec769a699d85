import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { root, run } from "../../tools/support/run.mjs";
import { importableEntries, publishedPackages } from "../../tools/support/workspace.mjs";
import { markdownSnippets } from "../snippets/collect.mjs";
import { runSnippet } from "../snippets/run-snippet.mjs";
import { toldToInstall } from "./consumers.mjs";

const consumers = inject("consumers");

for (const { folder, manifest, isApp } of publishedPackages()) {
  // A built addon comes with the package that it belongs to; nobody installs or imports it.
  if (importableEntries(manifest).length === 0) continue;
  const consumer = consumers[manifest.name] ?? "";
  const page = `${folder}/README.md`;
  const readme = existsSync(join(root, page)) ? readFileSync(join(root, page), "utf8") : "";

  test.concurrent(`${manifest.name}: its README says how to install it and shows it at work`, () => {
    expect(toldToInstall(readme)).toContain(manifest.name);
    if (!isApp) expect(markdownSnippets(page, readme)).not.toEqual([]);
  });

  for (const snippet of markdownSnippets(page, readme)) {
    test.concurrent(`${manifest.name}: ${page}:${snippet.line} runs where what it tells to install is installed`, async () => {
      const problem = await runSnippet(snippet, { installedIn: consumer });
      if (problem !== undefined) expect.fail(problem);
    });
  }

  for (const command of Object.keys(manifest.bin ?? {})) {
    test.concurrent(`${manifest.name}: ${command} --help answers`, async () => {
      const result = await run(join(consumer, "node_modules", ".bin", command), ["--help"], {
        cwd: consumer,
      });
      expect(result.status, result.output).toBe(0);
      expect(result.stdout).toContain(command);
    });
  }
}
