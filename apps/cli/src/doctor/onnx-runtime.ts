import { PlumblineError } from "@plumbline/core";
import { loadOnnxRuntime } from "@plumbline/model-sources/node";
import type { Check } from "./check.ts";

interface Described {
  readonly env?: { readonly versions?: { readonly node?: string } };
  listSupportedBackends?(): readonly { readonly name: string }[];
}

/** Whether models can be run here, and on what. */
export async function checkOnnxRuntime(load: () => Promise<unknown> = loadOnnxRuntime): Promise<Check> {
  const name = "ONNX models";
  try {
    const runtime = (await load()) as Described;
    const version = runtime.env?.versions?.node ?? "of unknown version";
    const providers = runtime.listSupportedBackends?.().map((one) => one.name) ?? ["cpu"];
    return { name, ok: true, found: `onnxruntime-node ${version}, knows ${providers.join(", ")}` };
  } catch (error) {
    if (!PlumblineError.isInstance(error)) throw error;
    return {
      name,
      ok: false,
      found: error.what,
      ...(error.hint === undefined ? {} : { nextStep: error.hint }),
    };
  }
}
