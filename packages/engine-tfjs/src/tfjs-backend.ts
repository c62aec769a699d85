import { type Backend, type BackendProbe, backendSpecVersion, PlumblineError } from "@plumbline/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { backendUnavailable } from "./errors.ts";
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
  /**
   * loads the tfjs backend and starts it ({@link startTfjsBackend}); called again for each engine, so it must be idempotent,
   * but never while an earlier call is under way
   */
  load(): Promise<TfjsDevice>;
  /** one next step for a reader whose machine cannot load it; the hint of a PlumblineError that `load` throws goes before it */
  readonly nextStep: string;
}

function reasonOf(error: unknown): string {
  const message = PlumblineError.isInstance(error)
    ? error.what
    : error instanceof Error
      ? error.message
      : error;
  return String(message).split("\n")[0] || "no reason given";
}

/**
 * Makes a {@link Backend} of the generic engine on one tfjs backend. Nothing is loaded until the backend is used; then
 * `createEngine` and `openInference` throw `backend-unavailable` where it does not start.
 */
export function defineTfjsBackend(definition: TfjsBackendDefinition): Backend<Tensor> {
  const { name, description } = definition;
  const nextStepAfter = (error: unknown): string =>
    (PlumblineError.isInstance(error) ? error.hint : undefined) ?? definition.nextStep;
  let underWay: Promise<TfjsDevice> | undefined;
  // One start at a time: tfjs gives up the first of two.
  const load = (): Promise<TfjsDevice> => {
    underWay ??= definition.load().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
  const probe = async (): Promise<BackendProbe> => {
    try {
      const { backendName: _, ...found } = await load();
      return { available: true, ...found };
    } catch (error) {
      return { available: false, reason: reasonOf(error), nextStep: nextStepAfter(error) };
    }
  };
  const started = async (): Promise<string> => {
    try {
      return (await load()).backendName;
    } catch (error) {
      throw backendUnavailable(name, reasonOf(error), { nextStep: nextStepAfter(error), cause: error });
    }
  };
  return Object.freeze({
    specVersion: backendSpecVersion,
    name,
    description,
    probe,
    unsupported: () => undefined,
    createEngine: async (options) => createGenericEngine({ ...options, backendName: await started() }),
    openInference: async (form) => openGenericInference(form, { backendName: await started() }),
  } satisfies Backend<Tensor>);
}
