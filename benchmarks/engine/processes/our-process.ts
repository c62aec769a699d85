import { fileURLToPath } from "node:url";

const fromSource = new URL("../../../tests/snippets/from-source.mjs", import.meta.url).href;

/** The program and arguments of a worker of ours, which runs on sources. */
export function sourceWorker(main: URL): readonly [string, readonly string[]] {
  return [
    process.execPath,
    ["--conditions=@plumbline/source", `--import=${fromSource}`, fileURLToPath(main)],
  ];
}

export const ourWorker: readonly [string, readonly string[]] = sourceWorker(
  new URL("../ours/main.ts", import.meta.url),
);

/** The environment of our workers: what is loaded there finds its number of threads in it. */
export function ourEnvironment(threads: number): NodeJS.ProcessEnv {
  const n = String(threads);
  return {
    // Else TensorFlow takes all of a GPU's memory, and others on the same GPU get none.
    TF_FORCE_GPU_ALLOW_GROWTH: "true",
    ...process.env,
    PLUMBLINE_THREADS: n,
    TF_NUM_INTRAOP_THREADS: n,
    TF_NUM_INTEROP_THREADS: n,
  };
}
