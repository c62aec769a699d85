import { loadCore } from "../core/load-core.ts";
import { tensorsUnavailable } from "../errors.ts";
import type { TensorBinding } from "./binding.ts";

/** The tensor kernels of the addon, started. */
export interface LoadedTensors {
  readonly native: TensorBinding;
  /** the instruction sets that run here, best first; the first one is in use */
  readonly instructionSets: readonly string[];
  readonly threads: number;
  /** where the addon came from, for the reader */
  readonly origin: string;
}

/**
 * Loads the addon and starts its tensor kernels. `PLUMBLINE_THREADS` and `PLUMBLINE_NATIVE` count as for the fused engine; there
 * are no tensor kernels in WebAssembly.
 *
 * @throws PlumblineError `backend-unavailable`
 */
export async function loadTensors(): Promise<LoadedTensors> {
  const wanted = globalThis.process?.env.PLUMBLINE_NATIVE;
  if (wanted === "off" || wanted === "wasm") {
    throw tensorsUnavailable(`PLUMBLINE_NATIVE=${wanted}, and tensor kernels are in the addon only`);
  }
  const { core, reason } = await loadCore({ runtime: "addon" });
  if (core === undefined) throw tensorsUnavailable(reason);
  const { tensors: native, instructionSets, threads, origin } = core;
  if (native === undefined) throw tensorsUnavailable(`the addon (${origin}) is of an older version`);
  if (!native.start(instructionSets[0] ?? "", threads)) {
    throw tensorsUnavailable(`${threads} threads did not start; set PLUMBLINE_THREADS to a smaller number`);
  }
  return { native, instructionSets, threads, origin };
}
