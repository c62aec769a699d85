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

/** Why a tfjs backend does not start here. */
export type TfjsAbsence = Extract<BackendProbe, { available: false }>;

/** What an adapter says about itself. */
export interface TfjsBackendDefinition {
  readonly name: string;
  readonly description: string;
  /**
   * loads the tfjs backend and starts it ({@link startTfjsBackend}); called again for each engine, so it must be idempotent,
   * but never while an earlier call is under way. Where it knows what is missing, it may answer that; it may also throw
   */
  load(): Promise<TfjsDevice | TfjsAbsence>;
  /** one next step for a reader on whose machine it throws */
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
  const { name, description, nextStep } = definition;
  let underWay: Promise<TfjsDevice | TfjsAbsence> | undefined;
  // One start at a time: tfjs gives up the first of two.
  const load = (): Promise<TfjsDevice | TfjsAbsence> => {
    underWay ??= definition.load().finally(() => {
      underWay = undefined;
    });
    return underWay;
  };
  const find = async (): Promise<TfjsDevice | (TfjsAbsence & { readonly cause?: unknown })> => {
    try {
      return await load();
    } catch (error) {
      return { available: false, reason: reasonOf(error), nextStep, cause: error };
    }
  };
  const probe = async (): Promise<BackendProbe> => {
    const found = await find();
    if ("reason" in found) return { available: false, reason: found.reason, nextStep: found.nextStep };
    const { backendName: _, ...device } = found;
    return { available: true, ...device };
  };
  const started = async (): Promise<string> => {
    const found = await find();
    if ("reason" in found) throw backendUnavailable(name, found);
    return found.backendName;
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
