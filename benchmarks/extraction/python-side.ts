import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { ExtractionOptions } from "./options.ts";
import type { Side } from "./side.ts";

const script = fileURLToPath(new URL("python_onnxruntime.py", import.meta.url));

/** What the script prints. */
type Line =
  | { readonly event: "ready"; readonly versions: Readonly<Record<string, string>> }
  | { readonly event: "run"; readonly tokens: number; readonly seconds: number; readonly cpuSeconds: number };

/** The Python of `$EXTRACTION_PYTHON`, else the one that tools/golden/make.sh onnx makes, or how to get one. */
export function findPython(env: NodeJS.ProcessEnv): { program: string } | { skip: string } {
  const cache = env.XDG_CACHE_HOME ?? join(homedir(), ".cache");
  const golden = env.GOLDEN_ONNX_VENV ?? join(cache, "plumbline", "golden-onnx-venv");
  const program = env.EXTRACTION_PYTHON ?? join(golden, "bin", "python");
  if (existsSync(program)) return { program };
  const how =
    "pip install onnxruntime onnx numpy into a virtual environment and set EXTRACTION_PYTHON to its python";
  return { skip: `Python: there is no ${program}; ${how}` };
}

/** ONNX's own cutting: what lies beyond the tensor is left out, since ONNX Runtime would compute it as well. */
const cut = `import sys, onnx, onnx.utils
source, target, tensor = sys.argv[1:]
inputs = [value.name for value in onnx.load(source, load_external_data=False).graph.input]
onnx.utils.extract_model(source, target, inputs, [tensor], check_model=False)`;

/** Writes the part of a model up to a tensor to `target`, by Python. */
export async function cutInPython(
  program: string,
  { file, tensor, target }: { readonly file: string; readonly tensor: string; readonly target: string },
): Promise<void> {
  await promisify(execFile)(program, ["-c", cut, file, target, tensor]);
}

/** ONNX Runtime in Python on the same tensor, a process of its own that sleeps between its turns. */
export async function startPython(
  program: string,
  { batch, length, passes, threads }: ExtractionOptions,
  model: {
    readonly name: string;
    readonly file: string;
    readonly tensor: string;
    readonly nVocabulary: number;
  },
): Promise<Side> {
  const { tensor, nVocabulary } = model;
  const sizes = { batch, length, passes, threads, warmup: 0, tensor, vocabulary: nVocabulary };
  const flags = Object.entries(sizes).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(program, [script, model.file, ...flags], { stdio: ["pipe", "pipe", "pipe"] });
  let words = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    words = (words + text).slice(-4000);
  });
  child.stdin.on("error", () => undefined); // its end is reported by the answer that does not come
  const ended = once(child, "close").catch((error: unknown) => {
    words += `\n${String(error)}`;
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async (): Promise<Line> => {
    const line = await lines.next();
    if (!line.done) return JSON.parse(line.value) as Line;
    await ended;
    throw new Error(`python_onnxruntime.py ended: ${words.trimEnd().split("\n").at(-1)}`);
  };
  const ready = await next();
  if (ready.event !== "ready") throw new Error("expected python_onnxruntime.py to say that it is ready");
  const { python, onnxruntime, numpy } = ready.versions;
  return {
    name: model.name,
    description: `Python ${python}, onnxruntime ${onnxruntime}, numpy ${numpy}`,
    run: async () => {
      child.stdin.write("run\n");
      const line = await next();
      if (line.event !== "run") throw new Error("expected python_onnxruntime.py to say what a run took");
      const { tokens, seconds, cpuSeconds } = line;
      return { nTokens: tokens, wallMs: seconds * 1000, cpuMs: cpuSeconds * 1000 };
    },
    stop: async () => {
      child.stdin.end("exit\n");
      await ended;
    },
  };
}
