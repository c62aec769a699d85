import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { transform } from "esbuild";
import { run } from "../../tools/support/run.mjs";
import { withExpectations } from "./expectations.mjs";

/** @typedef {import("./collect.mjs").Snippet} Snippet */

/** Longest a snippet may take. */
const timeoutMs = 60_000;

const fromSource = [
  "--conditions=@plumbline/source",
  `--import=${new URL("./from-source.mjs", import.meta.url)}`,
];
const check = `--import=${new URL("./check.mjs", import.meta.url)}`;

/**
 * @param {Snippet} snippet
 * @param {number} line of its code, from 1
 */
const placeOf = (snippet, line) => `${snippet.file}:${snippet.line + line - 1}`;

/**
 * Runs a snippet as a module of its own in a process of its own.
 *
 * @param {Snippet} snippet
 * @param {{ installedIn?: string }} [options] folder whose node_modules it sees; without it, it runs on the repository's sources
 *   in a fresh temporary folder
 * @returns {Promise<string | undefined>} what went wrong, with the snippet's place in its file
 */
export async function runSnippet(snippet, options = {}) {
  const place = placeOf(snippet, 1);
  const { code, expectations } = withExpectations(snippet.code);
  const promises = expectations.map((one) => ({ ...one, place: placeOf(snippet, one.line) }));
  const folder = options.installedIn ?? (await mkdtemp(join(tmpdir(), "plumbline-snippet-")));
  const file = join(folder, `snippet-${snippet.line}.mjs`);
  try {
    const module = await transform(code, { loader: "ts", format: "esm", target: "node20" });
    await writeFile(file, module.code);
    const result = await run(
      process.execPath,
      [...(options.installedIn === undefined ? fromSource : []), check, file],
      {
        cwd: folder,
        env: { SNIPPET_EXPECTATIONS: JSON.stringify(promises), NODE_OPTIONS: "", TMPDIR: folder },
        timeoutMs,
      },
    );
    if (result.status === 0) return undefined;
    return `${place} does not run\n${result.output.replaceAll(pathToFileURL(file).href, place).replaceAll(file, place)}`;
  } catch (error) {
    return `${place} does not compile\n${error instanceof Error ? error.message : error}`;
  } finally {
    if (options.installedIn === undefined) await rm(folder, { recursive: true, force: true });
  }
}
