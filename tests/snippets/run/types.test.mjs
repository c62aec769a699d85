import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { root } from "../../../tools/support/run.mjs";
import { collectSnippets } from "../collect.mjs";

/** Path under tests/, where every package can be imported; the files exist for the compiler only. */
const virtualPath = (/** @type {number} */ index) => join(root, "tests", `snippet-${index}.ts`);

/** @param {readonly import("../collect.mjs").Snippet[]} snippets */
function typeErrors(snippets) {
  const config = ts.readConfigFile(join(root, "tsconfig.json"), ts.sys.readFile).config;
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: [] }, ts.sys, root);
  Object.assign(options, {
    isolatedDeclarations: false,
    declaration: false,
    moduleDetection: ts.ModuleDetectionKind.Force,
    // Examples may leave the parameters of a stand-in untyped; what they use of ours is checked all the same.
    noImplicitAny: false,
  });
  const texts = new Map(snippets.map((snippet, index) => [virtualPath(index), snippet.code]));
  const host = ts.createCompilerHost(options);
  const { fileExists, readFile, getSourceFile } = host;
  host.fileExists = (path) => texts.has(path) || fileExists(path);
  host.readFile = (path) => texts.get(path) ?? readFile(path);
  host.getSourceFile = (path, language, ...rest) => {
    const text = texts.get(path);
    return text === undefined
      ? getSourceFile(path, language, ...rest)
      : ts.createSourceFile(path, text, language);
  };
  const program = ts.createProgram([...texts.keys()], options, host);
  return snippets.flatMap((snippet, index) => {
    const source = program.getSourceFile(virtualPath(index));
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      (one) => {
        const line = source?.getLineAndCharacterOfPosition(one.start ?? 0).line ?? 0;
        return `${snippet.file}:${snippet.line + line} ${typeof one.messageText === "string" ? one.messageText : one.messageText.messageText}`;
      },
    );
  });
}

test("every snippet type-checks", () => {
  expect(typeErrors(collectSnippets(root))).toEqual([]);
});
