import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/**
 * A piece of documentation that claims to run as it stands.
 *
 * @typedef {object} Snippet
 * @property {string} file relative to the root
 * @property {number} line of `file` on which `code` begins, from 1
 * @property {string} code TypeScript, a whole module
 */

/**
 * The blocks fenced as `ts` in a Markdown page; ```` ```ts no-run ```` and all other languages are left out.
 *
 * @param {string} file
 * @param {string} text
 * @returns {Snippet[]}
 */
export function markdownSnippets(file, text) {
  const snippets = [];
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; at++) {
    const fence = /^(\s*)(`{3,})(.*)$/.exec(lines[at] ?? "");
    if (fence === null) continue;
    const [, indent = "", ticks = "", info = ""] = fence;
    const first = at + 1;
    at = first;
    while (at < lines.length && (lines[at] ?? "").trim() !== ticks) at++;
    const code = lines.slice(first, at).map((line) => line.slice(Math.min(indent.length, leading(line))));
    if (info.trim() === "ts") snippets.push({ file, line: first + 1, code: code.join("\n") });
  }
  return snippets;
}

/** @param {string} line */
const leading = (line) => line.length - line.trimStart().length;

/**
 * The `@example`s of all docstrings in a source file. Text on the tag's own line is a title; a fence around the code may be
 * there or not.
 *
 * @param {string} file
 * @param {string} text
 * @returns {Snippet[]}
 */
export function docstringSnippets(file, text) {
  const snippets = [];
  for (const comment of text.matchAll(/^[ \t]*\/\*\*[\s\S]*?\*\//gm)) {
    const firstLine = text.slice(0, comment.index).split("\n").length;
    const lines = comment[0]
      .split("\n")
      .map((line) => line.replace(/^\s*(\*\/|\* ?|\/\*\*)/, "").replace(/\*\/$/, ""));
    for (let at = 0; at < lines.length; at++) {
      if (!/^@example\b/.test(lines[at] ?? "")) continue;
      const first = at + 1;
      const next = lines.findIndex((line, index) => index >= first && /^@[a-z]+\b/.test(line));
      const body = lines.slice(first, next === -1 ? lines.length : next);
      const fenced = markdownSnippets(file, body.join("\n"));
      const line = firstLine + first;
      if (fenced.length > 0) snippets.push(...fenced.map((one) => ({ ...one, line: line + one.line - 1 })));
      else if (!body.some((one) => one.startsWith("```")))
        snippets.push({ file, line, code: body.join("\n").trimEnd() });
    }
  }
  return snippets;
}

/**
 * @param {string} root
 * @param {string} folder
 * @param {RegExp} pattern
 */
function filesIn(root, folder, pattern) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .map((name) => `${folder}/${name.replaceAll("\\", "/")}`)
    .filter((name) => pattern.test(name) && !/(^|\/)(node_modules|dist)\//.test(name))
    .sort();
}

/**
 * Everything in the repository that claims to run: pages, docstrings, and the files of `examples/`. An example that is a package is
 * no file to run alone; it has a test of its own.
 *
 * @param {string} root
 * @returns {Snippet[]}
 */
export function collectSnippets(root) {
  const folders = ["packages", "apps"].flatMap((parent) =>
    readdirSync(join(root, parent)).map((name) => `${parent}/${name}`),
  );
  const pages = [
    ...["README.md", "CONTRIBUTING.md", ...folders.map((folder) => `${folder}/README.md`)].filter((name) =>
      existsSync(join(root, name)),
    ),
    ...filesIn(root, "docs", /\.md$/),
    ...filesIn(root, "examples", /\.md$/),
  ];
  const sources = folders
    .flatMap((folder) => filesIn(root, `${folder}/src`, /\.ts$/))
    .filter((name) => !/\.test[^/]*\.ts$/.test(name));
  /** @param {string} file */
  const read = (file) => readFileSync(join(root, file), "utf8");
  return [
    ...pages.flatMap((file) => markdownSnippets(file, read(file))),
    ...sources.flatMap((file) => docstringSnippets(file, read(file))),
    ...filesIn(root, "examples", /\.ts$/)
      .filter((file) => !existsSync(join(root, ...file.split("/").slice(0, 2), "package.json")))
      .map((file) => ({ file, line: 1, code: read(file) })),
  ];
}
