import {
  type Architecture,
  checkControls,
  checkState,
  type EngineOptions,
  type EngineState,
  type EngineStateGroups,
  engineDisposed,
  type InferenceForm,
  joinState,
  type Named,
  type NamedArray,
  rowsOf,
  type SaeEngine,
  type SparseLatents,
  type StepControls,
  type StepStats,
  splitState,
} from "@plumbline/core";
import type { CoreEngine, CoreOutcome } from "../core/core.ts";
import { arrayIds, controlFields, counterFields, type ParameterSlot } from "../core/layout.ts";
import { coreError, packageName } from "../errors.ts";
import type { Plan } from "../plan/plan.ts";
import { formOf } from "./form.ts";
import { decodeWith, encodeWith } from "./latents.ts";
import { createQueue } from "./queue.ts";

/** Everything that an engine holds, as named arrays. */
type State = EngineStateGroups<NamedArray>;

/** Statistics of a step beyond those the architecture declares: what screening did. */
const ownStatistics = ["unprovenRows", "redoneRows", "rescoredLatents"] as const;

const mapValues = <V, R>(named: Named<V>, map: (value: V) => R): Named<R> =>
  Object.fromEntries(Object.entries(named).map(([name, value]) => [name, map(value)]));

function kOf(plan: Plan, scalars: StepControls["scalars"], dSae: number): number {
  if (!plan.annealK) return plan.k;
  const wanted = Math.min(scalars.k ?? plan.k, dSae);
  return plan.family === "topk" ? Math.max(1, Math.trunc(wanted)) : wanted;
}

/** Trains one SAE in the core; see {@link createNativeEngine}. */
class NativeEngine implements SaeEngine {
  readonly dIn: number;
  readonly dSae: number;
  readonly #architecture: Architecture<unknown>;
  readonly #plan: Plan;
  readonly #core: CoreEngine;
  readonly #shapes: Named<readonly number[]>;
  readonly #queue = createQueue();
  #disposed = false;

  constructor(options: {
    architecture: Architecture<unknown>;
    plan: Plan;
    core: CoreEngine;
    dIn: number;
    dSae: number;
    /** of stored parameters, in the architecture's order */
    shapes: Named<readonly number[]>;
  }) {
    this.dIn = options.dIn;
    this.dSae = options.dSae;
    this.#architecture = options.architecture;
    this.#plan = options.plan;
    this.#core = options.core;
    this.#shapes = options.shapes;
  }

  async step(batch: Float32Array, controls: StepControls): Promise<StepStats | undefined> {
    this.#check();
    rowsOf(batch, this.dIn, { from: packageName, where: "step()" });
    checkControls(this.#architecture, this, controls, { from: packageName });
    const { rowPenalty } = controls;
    const outcome = await this.#run(() =>
      this.#core.step(batch, this.#controlNumbers(controls), rowPenalty?.target),
    );
    if (outcome.status !== "ok") throw coreError("step()", outcome.status, { row: outcome.report.badRow });
    return controls.wantStats ? this.#stats(outcome, rowPenalty !== undefined) : undefined;
  }

  async encode(batch: Float32Array): Promise<SparseLatents> {
    return this.#run(() => encodeWith(this.#core, batch, this));
  }

  async decode(latents: SparseLatents): Promise<Float32Array> {
    return this.#run(() => decodeWith(this.#core, latents, this));
  }

  async inference(): Promise<InferenceForm> {
    return this.#run(() =>
      formOf(this.#core, {
        architecture: this.#architecture,
        plan: this.#plan,
        dIn: this.dIn,
        dSae: this.dSae,
      }),
    );
  }

  async decoderRows(): Promise<Float32Array> {
    return this.#run(async () =>
      Float32Array.from(await this.#core.read(arrayIds.value("decoder"), "float32")),
    );
  }

  async exportState(): Promise<EngineState> {
    return this.#run(async () => {
      const { name, config } = this.#architecture;
      const { state, nSteps } = await this.#read();
      return {
        architecture: { name, config },
        dIn: this.dIn,
        dSae: this.dSae,
        nSteps,
        arrays: joinState(state),
      };
    });
  }

  async importState(state: EngineState): Promise<void> {
    await this.#run(async () => {
      const rows = mapValues(this.#shapes, (shape) => ({ shape, dtype: "float32" }));
      const own = await this.#buffers(await this.#core.readCounters());
      const buffers = mapValues(own, ({ shape, data }) => ({
        shape,
        dtype: data instanceof Int32Array ? "int32" : "float32",
      }));
      const expected = joinState({ parameters: rows, mean: rows, variance: rows, buffers });
      checkState(state, {
        architecture: this.#architecture,
        dIn: this.dIn,
        dSae: this.dSae,
        expected,
        from: packageName,
      });
      await this.load(splitState(state.arrays), state.nSteps);
    });
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    void this.#queue(async () => this.#core.dispose());
  }

  /**
   * Puts arrays into the core, and makes what follows from them.
   *
   * @param state groups that are left empty stay as they are
   * @param giveUp whether the parameters' arrays are needed no more
   */
  async load(state: State, nSteps: number, giveUp = false): Promise<void> {
    for (const [slot, name] of this.#slots()) {
      for (const [group, id] of [
        ["parameters", arrayIds.value(slot)],
        ["mean", arrayIds.mean(slot)],
        ["variance", arrayIds.variance(slot)],
      ] as const) {
        const array = state[group][name];
        if (array !== undefined) await this.#core.write(id, array.data, { giveUp });
      }
    }
    const { tokensSinceFired } = state.buffers;
    if (tokensSinceFired !== undefined)
      await this.#core.write(arrayIds.tokensSinceFired, tokensSinceFired.data);
    const counters = Float64Array.from(counterFields, (name) =>
      name === "nSteps" ? nSteps : (state.buffers[name]?.data[0] ?? 0),
    );
    await this.#core.writeCounters(counters);
  }

  #check(): void {
    if (this.#disposed) throw engineDisposed(packageName);
  }

  async #run<R>(work: () => Promise<R>): Promise<R> {
    this.#check();
    return this.#queue(async () => {
      this.#check();
      return work();
    });
  }

  #slots(): readonly (readonly [ParameterSlot, string])[] {
    return Object.entries(this.#plan.parameters) as [ParameterSlot, string][];
  }

  #controlNumbers(controls: StepControls): Float64Array {
    const { lr, scalars, clipNorm = 0, rowPenalty, wantStats } = controls;
    const named: Readonly<Record<string, number>> = {
      ...scalars,
      lr,
      k: kOf(this.#plan, scalars, this.dSae),
      clipNorm,
      wantStats: Number(wantStats),
      rowPenaltyWeight: rowPenalty?.weight ?? 0,
      rowPenaltyWidth: rowPenalty?.width ?? 1,
    };
    return Float64Array.from(controlFields, (name) => named[name] ?? 0);
  }

  #stats({ report }: CoreOutcome, hasRowPenalty: boolean): StepStats {
    const names = [...this.#plan.terms, ...(hasRowPenalty ? (["rowPenalty"] as const) : [])];
    const declared = this.#architecture.statistics as readonly (keyof typeof report)[];
    return {
      loss: report.loss,
      gradientNorm: report.gradientNorm,
      terms: Object.fromEntries(names.map((name) => [name, report[name]])),
      statistics: Object.fromEntries([...declared, ...ownStatistics].map((name) => [name, report[name]])),
    };
  }

  async #read(): Promise<{ state: State; nSteps: number }> {
    const ids = new Map(this.#slots().map(([slot, name]) => [name, slot]));
    const group = async (idOf: (slot: ParameterSlot) => number): Promise<Named<NamedArray>> => {
      const entries: [string, NamedArray][] = [];
      for (const [name, shape] of Object.entries(this.#shapes)) {
        const slot = ids.get(name);
        if (slot !== undefined)
          entries.push([name, { shape, data: await this.#core.read(idOf(slot), "float32") }]);
      }
      return Object.fromEntries(entries);
    };
    const counters = await this.#core.readCounters();
    return {
      nSteps: counters[0] ?? 0,
      state: {
        parameters: await group(arrayIds.value),
        mean: await group(arrayIds.mean),
        variance: await group(arrayIds.variance),
        buffers: await this.#buffers(counters),
      },
    };
  }

  async #buffers(counters: Float64Array): Promise<Named<NamedArray>> {
    const since = await this.#core.read(arrayIds.tokensSinceFired, "int32");
    const [, batches = 0, threshold = 0, thresholdAverage = 0, thresholdWeight = 0] = counters;
    const one = (value: number): NamedArray => ({ shape: [1], data: Float32Array.of(value) });
    return {
      tokensSinceFired: { shape: [this.dSae], data: since },
      ...(this.#plan.family === "batch-topk"
        ? {
            threshold: one(threshold),
            thresholdAverage: one(thresholdAverage),
            batches: { shape: [1], data: Int32Array.of(batches) },
            thresholdWeight: one(thresholdWeight),
          }
        : {}),
    };
  }
}

/** Initial parameters as the architecture draws them, and initial buffers. Moments are zero in a new core. */
function initialState(options: EngineOptions<unknown>): State {
  const { architecture } = options;
  const parameters = architecture.init(options);
  return { parameters, mean: {}, variance: {}, buffers: architecture.initBuffers(options) };
}

/** Whether each array has memory of its own, so that giving one up leaves the others whole. */
function areApart(arrays: readonly NamedArray[]): boolean {
  const buffers = new Set(arrays.map(({ data }) => data.buffer));
  return (
    buffers.size === arrays.length && arrays.every(({ data }) => data.byteLength === data.buffer.byteLength)
  );
}

/**
 * Puts an architecture's initial parameters into a core engine.
 *
 * @param core an engine of the plan's configuration, whose ownership passes
 */
export async function createNativeEngine(
  options: EngineOptions<unknown>,
  made: { plan: Plan; core: CoreEngine },
): Promise<SaeEngine> {
  const state = initialState(options);
  const shapes = Object.fromEntries(
    Object.entries(state.parameters).map(([name, { shape }]) => [name, shape]),
  );
  const { architecture, dIn, dSae } = options;
  const engine = new NativeEngine({ architecture, ...made, dIn, dSae, shapes });
  await engine.load(state, 0, areApart(Object.values(state.parameters)));
  return engine;
}
