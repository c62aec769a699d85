import { createNativeBackend } from "@plumbline/backend-native";
import type { Backend } from "@plumbline/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { OurSettings } from "./settings.ts";

/** A backend that is there, or why it is not. */
export type OpenedBackend =
  | { readonly backend: Backend<Tensor>; readonly device: string; readonly skip?: undefined }
  | { readonly skip: string; readonly backend?: undefined };

/** Where a backend is exported that needs no options. Not every state of the workspace has all of them. */
function entryOf(name: string): string {
  return name === "native-tfjs" ? "@plumbline/backend-native/tfjs" : `@plumbline/backend-${name}`;
}

function isBackend(value: unknown, name: string): value is Backend<Tensor> {
  return typeof value === "object" && value !== null && "name" in value && value.name === name;
}

/** The backend of that name, or why there is none. */
async function named(name: string): Promise<Backend<Tensor> | string> {
  const entry = entryOf(name);
  try {
    const exported: object = await import(entry);
    const found = Object.values(exported).find((value) => isBackend(value, name));
    return found ?? `${entry} exports no backend named ${name}`;
  } catch (error) {
    const { code } = error as { code?: string };
    const isAbsent = code === "ERR_PACKAGE_PATH_NOT_EXPORTED" || code === "ERR_MODULE_NOT_FOUND";
    return isAbsent && String(error).includes(entry) ? `there is no ${entry}` : String(error);
  }
}

async function choose({ engine, threads }: Choice): Promise<Backend<Tensor> | string> {
  if (engine.backend !== "native") return named(engine.backend);
  const { precision = "auto", runtime = "addon", instructionSet } = engine;
  const given = { precision, runtime, threads };
  return createNativeBackend(instructionSet === undefined ? given : { ...given, instructionSet });
}

type Choice = Pick<OurSettings, "engine" | "threads">;

/** Loads the chosen backend's code; a baseline of memory is taken after this. */
export async function openBackend(settings: Choice): Promise<OpenedBackend> {
  const backend = await choose(settings);
  if (typeof backend === "string") return { skip: backend };
  const probe = await backend.probe();
  return probe.available ? { backend, device: probe.device } : { skip: `${probe.reason}; ${probe.nextStep}` };
}
