import { readFile } from "node:fs/promises";
import { transform } from "esbuild";

const repository = new URL("../../", import.meta.url).href;
const tests = new URL("../package.json", import.meta.url).href;

/** @type {import("node:module").ResolveHook} */
export async function resolve(specifier, context, nextResolve) {
  const isSnippet = context.parentURL?.startsWith("file:") && !context.parentURL.startsWith(repository);
  return nextResolve(specifier, isSnippet ? { ...context, parentURL: tests } : context);
}

/** @type {import("node:module").LoadHook} */
export async function load(url, context, nextLoad) {
  if (!url.endsWith(".ts")) return nextLoad(url, context);
  const source = await readFile(new URL(url), "utf8");
  const { code } = await transform(source, {
    loader: "ts",
    format: "esm",
    target: "node20",
    sourcefile: url,
  });
  return { format: "module", source: code, shortCircuit: true };
}
