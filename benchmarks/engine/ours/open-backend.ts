import { createNativeBackend } from "@plumbline/backend-native";
import type { Backend } from "@plumbline/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { OurSettings } from "./settings.ts";

/** A backend that is there, or why it is not. */
export type OpenedBackend =
  | { readonly backend: Backend<Tensor>; readonly device: string; readonly skip?: undefined }
  | { readonly skip: string; readonly backend?: undefined };

/** An entry that not every state of the package has; a name in a variable keeps the compiler from looking for it. */
const nativeTfjsEntry: string = "@plumbline/backend-native/tfjs";

function isBackend(value: unknown, name: string): value is Backend<Tensor> {
  return typeof value === "object" && value !== null && "name" in value && value.name === name;
}

async function nativeTfjs(): Promise<Backend<Tensor> | string> {
  try {
    const exported: object = await import(nativeTfjsEntry);
    const found = Object.values(exported).find((value) => isBackend(value, "native-tfjs"));
    return found ?? `${nativeTfjsEntry} exports no backend named native-tfjs`;
  } catch (error) {
    const { code } = error as { code?: string };
    const isAbsent = code === "ERR_PACKAGE_PATH_NOT_EXPORTED" || code === "ERR_MODULE_NOT_FOUND";
    return isAbsent ? `there is no ${nativeTfjsEntry}` : String(error);
  }
}

async function choose({ engine, threads }: OurSettings): Promise<Backend<Tensor> | string> {
  if (engine.backend === "native-tfjs") return nativeTfjs();
  if (engine.backend === "tfjs-wasm") return (await import("@plumbline/backend-tfjs-wasm")).tfjsWasmBackend;
  const { precision = "auto", runtime = "addon", instructionSet } = engine;
  const given = { precision, runtime, threads };
  return createNativeBackend(instructionSet === undefined ? given : { ...given, instructionSet });
}

/** Loads the chosen backend's code; a baseline of memory is taken after this. */
export async function openBackend(settings: OurSettings): Promise<OpenedBackend> {
  // The generic engine on native kernels takes its threads from here.
  process.env.PLUMBLINE_THREADS = String(settings.threads);
  const backend = await choose(settings);
  if (typeof backend === "string") return { skip: backend };
  const probe = await backend.probe();
  return probe.available ? { backend, device: probe.device } : { skip: probe.reason };
}
