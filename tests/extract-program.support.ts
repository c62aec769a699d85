import { type ChildProcess, spawn } from "node:child_process";
import { cp, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const app = fileURLToPath(new URL("../apps/extract", import.meta.url));
const modules = fileURLToPath(new URL("node_modules", import.meta.url));

/** What a program of Node that has ended leaves. */
export interface Ended {
  readonly exitCode: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

/** `plumbline-extract` as a program of its own, for tests that kill it or measure it. */
export interface ExtractProgram {
  start(
    argv: readonly string[],
    options: StartOptions,
  ): { readonly child: ChildProcess; readonly end: Promise<Ended> };
  remove(): Promise<void>;
}

export interface StartOptions {
  readonly cwd: string;
  /** modules that Node loads before the program */
  readonly imports?: readonly string[];
}

/** Builds apps/extract from its sources into a temporary folder: never stale, and it starts in a fraction of a second. */
export async function buildExtract(): Promise<ExtractProgram> {
  const folder = await mkdtemp(join(tmpdir(), "plumbline-extract-program-"));
  await build({
    absWorkingDir: app,
    entryPoints: ["src/main.ts"],
    outdir: join(folder, "dist"),
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20",
    conditions: ["@plumbline/source"],
    outExtension: { ".js": ".mjs" },
    // Native, or not used here and optional.
    external: ["onnxruntime-node", "sharp", "@tensorflow/*", "@aws-sdk/*"],
    banner: {
      js: 'import { createRequire as makeRequire } from "node:module"; const require = makeRequire(import.meta.url);',
    },
    logLevel: "error",
  });
  await cp(join(app, "package.json"), join(folder, "package.json"));
  await symlink(modules, join(folder, "node_modules"));
  const start: ExtractProgram["start"] = (argv, { cwd, imports = [] }) => {
    const before = imports.map((path) => `--import=${path}`);
    const child = spawn(process.execPath, [...before, join(folder, "dist", "main.mjs"), ...argv], {
      cwd,
      stdio: ["ignore", "pipe", "pipe"],
    });
    let [out, err] = ["", ""];
    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      out += text;
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      err += text;
    });
    const end = new Promise<Ended>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", (exitCode, signal) => resolve({ exitCode, signal, out, err }));
    });
    return { child, end };
  };
  return { start, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Token ids of these are their places. */
const words = ["<s>", "</s>", ..."one two three four five six seven eight nine ten".split(" ")];
const tokenizer = {
  version: "1.0",
  added_tokens: [
    { id: 0, content: "<s>", special: true },
    { id: 1, content: "</s>", special: true },
  ],
  normalizer: null,
  pre_tokenizer: { type: "WhitespaceSplit" },
  post_processor: null,
  decoder: { type: "WordPiece", prefix: "##", cleanup: false },
  model: {
    type: "WordPiece",
    unk_token: "<s>",
    continuing_subword_prefix: "##",
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(words.map((word, id) => [word, id])),
  },
};

/** The tiny Llama of the fixtures, with a tokenizer that knows the words of {@link someText}. */
export async function makeModel(folder: string): Promise<void> {
  await cp(fileURLToPath(new URL("../fixtures/onnx/llama/", import.meta.url)), folder, { recursive: true });
  await writeFile(join(folder, "tokenizer.json"), JSON.stringify(tokenizer));
  await writeFile(
    join(folder, "tokenizer_config.json"),
    JSON.stringify({ bos_token: "<s>", eos_token: "</s>" }),
  );
}

/** Documents of a hundred words each as JSON lines; the words follow no short pattern. */
export function someText(nWords: number): string {
  const lines: string[] = [];
  for (let first = 0; first < nWords; first += 100) {
    const count = Math.min(100, nWords - first);
    const text = Array.from({ length: count }, (_, i) => words[2 + (((first + i) ** 2 + 7 * i) % 10)]).join(
      " ",
    );
    lines.push(JSON.stringify({ text }));
  }
  return `${lines.join("\n")}\n`;
}
