import { type Backend, type BackendProbe, backendSpecVersion } from "@plumbline/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { createGenericEngine } from "./generic-engine.ts";
import { openGenericInference } from "./open-inference.ts";

/** A tfjs backend that is loaded and ready. */
export interface TfjsDevice {
  /** the name it is registered under in tfjs */
  readonly backendName: string;
  readonly deterministic: boolean;
  /** one line: device, threads, instruction set */
  readonly device: string;
  readonly versions: Readonly<Record<string, string>>;
  /** expected speed relative to `tfjs-cpu` */
  readonly speed: number;
}

/** What an adapter says about itself. */
export interface TfjsBackendDefinition {
  readonly name: string;
  readonly description: string;
  /** loads the tfjs backend and initializes it; called again for each engine, so it must be idempotent */
  load(): Promise<TfjsDevice>;
  /** one next step for a reader whose machine cannot load it */
  readonly nextStep: string;
}

/**
 * Makes a {@link Backend} of the generic engine on one tfjs backend. Nothing is loaded until the backend is used.
 */
export function defineTfjsBackend(definition: TfjsBackendDefinition): Backend<Tensor> {
  const { name, description, load, nextStep } = definition;
  const probe = async (): Promise<BackendProbe> => {
    try {
      const { backendName: _, ...found } = await load();
      return { available: true, ...found };
    } catch (error) {
      const reason = error instanceof Error ? (error.message.split("\n")[0] ?? error.name) : String(error);
      return { available: false, reason, nextStep };
    }
  };
  return Object.freeze({
    specVersion: backendSpecVersion,
    name,
    description,
    probe,
    unsupported: () => undefined,
    createEngine: async (options) =>
      createGenericEngine({ ...options, backendName: (await load()).backendName }),
    openInference: async (form) => openGenericInference(form, { backendName: (await load()).backendName }),
  } satisfies Backend<Tensor>);
}
