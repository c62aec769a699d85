import type { TensorBinding } from "../tfjs/binding.ts";
import type { Core, CoreEngine } from "./core.ts";
import { counterFields, outcomeOf, statusOf } from "./layout.ts";

/** An engine's handle: opaque, freed with the JavaScript value. */
type Handle = { readonly plumblineEngine: unique symbol };

/** What the addon exports; native/addon/engine_addon.cc. */
export interface AddonBinding {
  /** the tensor kernels; not in addons built before there were any */
  readonly tensors?: TensorBinding;
  instructionSets(): string[];
  levelOf(instructionSet: string): number;
  create(config: Float64Array, instructionSet: string, threads: number): Handle | number;
  dispose(handle: Handle): void;
  size(handle: Handle, id: number): number;
  read(handle: Handle, id: number, out: Float32Array | Int32Array): boolean;
  write(handle: Handle, id: number, data: Float32Array | Int32Array): boolean;
  /** empties an array; not in addons built before it was needed */
  release?(data: Float32Array | Int32Array): void;
  readCounters(handle: Handle, out: Float64Array): void;
  writeCounters(handle: Handle, counters: Float64Array): void;
  step(
    handle: Handle,
    batch: Float32Array,
    controls: Float64Array,
    target: Float32Array | undefined,
  ): Promise<Float64Array>;
  encode(
    handle: Handle,
    batch: Float32Array,
  ): Promise<{
    report: Float64Array;
    rowStarts: Uint32Array;
    indices: Uint32Array;
    values: Float32Array;
  }>;
  decode(
    handle: Handle,
    rowStarts: Uint32Array,
    indices: Uint32Array,
    values: Float32Array,
  ): Promise<Float32Array | number>;
}

function engineOf(binding: AddonBinding, handle: Handle): CoreEngine {
  return {
    read: async (id, kind) => {
      const n = binding.size(handle, id);
      const out = kind === "float32" ? new Float32Array(n) : new Int32Array(n);
      if (n > 0) binding.read(handle, id, out);
      return out;
    },
    write: async (id, data, { giveUp = false } = {}) => {
      binding.write(handle, id, data);
      if (giveUp) binding.release?.(data);
    },
    readCounters: async () => {
      const counters = new Float64Array(counterFields.length);
      binding.readCounters(handle, counters);
      return counters;
    },
    writeCounters: async (counters) => binding.writeCounters(handle, counters),
    step: async (batch, controls, target) => outcomeOf(await binding.step(handle, batch, controls, target)),
    encode: async (batch) => {
      const { report, ...latents } = await binding.encode(handle, batch);
      return { ...outcomeOf(report), ...latents };
    },
    decode: async ({ rowStarts, indices, values }) => {
      const out = await binding.decode(handle, rowStarts, indices, values);
      if (typeof out === "number") throw new RangeError(`the core answered ${statusOf(out)}`);
      return out;
    },
    dispose: () => binding.dispose(handle),
  };
}

/** The core in this process, as a Node addon. */
export function addonCore(binding: AddonBinding, options: { origin: string; threads: number }): Core {
  return {
    runtime: "addon",
    ...options,
    ...(binding.tensors === undefined ? {} : { tensors: binding.tensors }),
    instructionSets: binding.instructionSets(),
    automaticLevel: (instructionSet) => binding.levelOf(instructionSet),
    create: async (config, instructionSet) => {
      const made = binding.create(config, instructionSet, options.threads);
      return typeof made === "number" ? statusOf(made) : engineOf(binding, made);
    },
  };
}
