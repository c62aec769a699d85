/** What is needed of Node to load TensorFlow's addon: its modules as values, so that tests can hand in others. */
export interface TensorFlowHost {
  /** `require` of the package whose peer the addon is */
  readonly require: { (id: string): unknown; resolve(id: string): string };
  /** Node's own `util`, the object itself */
  readonly util: Record<string, unknown>;
  readonly environment: Record<string, string | undefined>;
  /** processors that may be used */
  readonly nProcessors: number;
  /** version of Node's interface for addons */
  readonly napiVersion: number;
  /** name and memory of the first GPU that NVIDIA's driver shows, or nothing; never throws */
  nvidiaGpu(): Promise<string | undefined>;
}

/** The longest that `nvidia-smi` may take; on a machine that has just started it loads the driver, which takes seconds. */
const nvidiaTimeoutMs = 10_000;

/** @returns the first line of what `nvidia-smi` says, as `NVIDIA H100 80GB HBM3, 81559 MiB` */
async function firstNvidiaGpu(visible: string | undefined): Promise<string | undefined> {
  const { execFile } = process.getBuiltinModule("node:child_process");
  const args = ["--query-gpu=name,memory.total", "--format=csv,noheader"];
  // CUDA shows a program the devices of this list only, in its order.
  if (visible !== undefined && visible !== "") args.push(`--id=${visible.split(",")[0]}`);
  return new Promise((resolve) => {
    execFile("nvidia-smi", args, { timeout: nvidiaTimeoutMs }, (error, stdout) => {
      const [line = ""] = stdout.split("\n");
      resolve(error !== null || line.trim() === "" ? undefined : line.trim());
    });
  });
}

/**
 * Node as it is.
 *
 * @param from `import.meta.url` of the package whose peer the addon is
 * @returns nothing outside of Node
 */
export function nodeHost(from: string): TensorFlowHost | undefined {
  // Not by `import`, which bundlers for browsers would try to follow.
  const get = globalThis.process?.getBuiltinModule;
  if (get === undefined) return undefined;
  return {
    require: get("node:module").createRequire(from),
    util: get("node:util") as unknown as Record<string, unknown>,
    environment: process.env,
    nProcessors: get("node:os").availableParallelism(),
    napiVersion: Number(process.versions.napi),
    nvidiaGpu: () => firstNvidiaGpu(process.env.CUDA_VISIBLE_DEVICES),
  };
}
