import { expect, test } from "vitest";
import { root } from "../../../tools/support/run.mjs";
import { collectSnippets } from "../collect.mjs";
import { runSnippet } from "../run-snippet.mjs";

for (const snippet of collectSnippets(root)) {
  test.concurrent(`${snippet.file}:${snippet.line} runs as it stands`, async () => {
    const problem = await runSnippet(snippet);
    if (problem !== undefined) expect.fail(problem);
  });
}
