import {
  type Architecture,
  checkControls,
  checkState,
  checkWidths,
  type EngineOptions,
  type EngineState,
  type EngineStateGroups,
  engineDisposed,
  type InferenceForm,
  inferenceForm,
  joinState,
  type NamedArray,
  rowsOf,
  type SaeEngine,
  type SparseLatents,
  type StepControls,
  type StepStats,
  splitState,
} from "@plumbline/core";
import { getGradient, type Tensor, type Tensor2D, tidy } from "@tensorflow/tfjs-core";
import { arraysFrom, disposeAll, tensorsFrom, zerosFor } from "./arrays.ts";
import { from, gradientsMissing } from "./errors.ts";
import { runOn } from "./run-on.ts";
import { decodeRows, encodeRows, type TensorSae } from "./tensor-inference.ts";
import { type EngineTensors, type Update, update } from "./update.ts";

/** Options of {@link createGenericEngine}. */
export interface GenericEngineOptions extends EngineOptions<Tensor> {
  /** name of an initialized tfjs backend: `cpu`, `wasm`, … */
  readonly backendName: string;
}

/**
 * A device that works in the background, as WebGPU's does, may be this many steps behind: then the engine waits for its numbers, so
 * that batches and commands do not pile up where nobody asks for statistics. They are there anyway; waiting costs one readback.
 */
const maxStepsBehind = 16;

async function readReport(report: NonNullable<Update["report"]>): Promise<StepStats> {
  const numbers = Array.from(await report.values.data());
  report.values.dispose();
  const [loss = Number.NaN, gradientNorm = Number.NaN, ...rest] = numbers;
  const { terms, statistics } = report.layout;
  const pick = (names: readonly string[], first: number): Record<string, number> =>
    Object.fromEntries(names.map((name, i) => [name, rest[first + i] ?? Number.NaN]));
  return { loss, gradientNorm, terms: pick(terms, 0), statistics: pick(statistics, terms.length) };
}

/** Holds the tensors of one SAE in training; see {@link createGenericEngine}. */
class GenericEngine implements SaeEngine {
  readonly dIn: number;
  readonly dSae: number;
  readonly #architecture: Architecture<Tensor>;
  readonly #backendName: string;
  #tensors: EngineTensors;
  #nSteps = 0;
  #disposed = false;

  constructor(options: GenericEngineOptions) {
    const { architecture, backendName, dIn, dSae, random, sample } = options;
    this.dIn = dIn;
    this.dSae = dSae;
    this.#architecture = architecture;
    this.#backendName = backendName;
    const parameters = architecture.init({ dIn, dSae, random, sample });
    const buffers = architecture.initBuffers({ dIn, dSae });
    this.#tensors = this.#load({
      parameters,
      mean: zerosFor(parameters),
      variance: zerosFor(parameters),
      buffers,
    });
  }

  async step(batch: Float32Array, controls: StepControls): Promise<StepStats | undefined> {
    this.#check();
    rowsOf(batch, this.dIn, { from, where: "step()" });
    checkControls(this.#architecture, this, controls, { from });
    const step = this.#nSteps + 1;
    const wantStats = controls.wantStats || step % maxStepsBehind === 0;
    const { next, report } = this.#run(() =>
      update(this.#architecture, this.#tensors, {
        batch,
        dIn: this.dIn,
        step,
        controls: { ...controls, wantStats },
      }),
    );
    this.#replace(next);
    this.#nSteps = step;
    const stats = report === undefined ? undefined : await readReport(report);
    return controls.wantStats ? stats : undefined;
  }

  async encode(batch: Float32Array): Promise<SparseLatents> {
    this.#check();
    return encodeRows(this.#sae(), batch);
  }

  async decode(latents: SparseLatents): Promise<Float32Array> {
    this.#check();
    return decodeRows(this.#sae(), latents);
  }

  async inference(): Promise<InferenceForm> {
    this.#check();
    const { parameters, buffers } = this.#tensors;
    const form = this.#run(() => {
      let rule: Omit<ReturnType<Architecture<Tensor>["inference"]>, "tensors"> | undefined;
      const tensors = tidy(() => {
        const { tensors: made, ...rest } = this.#architecture.inference(parameters, buffers);
        rule = rest;
        return Object.fromEntries(Object.entries(made).map(([name, t]) => [name, t.clone()]));
      });
      return { ...(rule as NonNullable<typeof rule>), tensors };
    });
    const arrays = await arraysFrom(form.tensors);
    disposeAll(form.tensors);
    return inferenceForm(this.#architecture, { ...form, arrays, dIn: this.dIn, dSae: this.dSae }, { from });
  }

  async decoderRows(): Promise<Float32Array> {
    this.#check();
    const { decoder } = this.#tensors.parameters;
    return Float32Array.from((await decoder?.data()) ?? []);
  }

  async exportState(): Promise<EngineState> {
    this.#check();
    const nSteps = this.#nSteps;
    const { name, config } = this.#architecture;
    const arrays = await arraysFrom(joinState(this.#tensors));
    return { architecture: { name, config }, dIn: this.dIn, dSae: this.dSae, nSteps, arrays };
  }

  async importState(state: EngineState): Promise<void> {
    this.#check();
    const expected = Object.fromEntries(
      Object.entries(joinState(this.#tensors)).map(([name, t]) => [name, { shape: t.shape, dtype: t.dtype }]),
    );
    checkState(state, { architecture: this.#architecture, dIn: this.dIn, dSae: this.dSae, expected, from });
    // In this engine's order, whatever the state's: sums over parameters round by their order.
    const arrays = Object.fromEntries(
      Object.keys(expected).map((name) => [name, state.arrays[name] as NamedArray]),
    );
    this.#replace(this.#load(splitState(arrays)));
    this.#nSteps = state.nSteps;
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    disposeAll(joinState(this.#tensors));
  }

  #check(): void {
    if (this.#disposed) throw engineDisposed(from);
  }

  #run<R>(work: () => R): R {
    return runOn(this.#backendName, work);
  }

  #load(arrays: EngineStateGroups<NamedArray>): EngineTensors {
    return this.#run(() => ({
      parameters: tensorsFrom(arrays.parameters),
      mean: tensorsFrom(arrays.mean),
      variance: tensorsFrom(arrays.variance),
      buffers: tensorsFrom(arrays.buffers),
    }));
  }

  #replace(next: EngineTensors): void {
    const kept = new Set(Object.values(joinState(next)));
    for (const old of Object.values(joinState(this.#tensors))) if (!kept.has(old)) old.dispose();
    this.#tensors = next;
  }

  #sae(): TensorSae {
    const { parameters, buffers } = this.#tensors;
    return {
      dIn: this.dIn,
      dSae: this.dSae,
      backendName: this.#backendName,
      encode: (x_BD) => this.#architecture.encode(parameters, buffers, x_BD) as Tensor2D,
      decode: (latents_BF) => this.#architecture.decode(parameters, latents_BF) as Tensor2D,
    };
  }
}

/**
 * Trains one SAE of any architecture written in tfjs operations: automatic differentiation, Adam, clipping, constraint.
 *
 * The reference that every other engine must equal. Steps run on the calling thread; memory is parameters, two Adam
 * moments, one batch of latents and what the architecture's loss makes on the way.
 *
 * @param options.backendName a tfjs backend that is initialized already; gradients must be registered, which loading
 *   `@tensorflow/tfjs` does
 * @throws PlumblineError `bad-width`, `shape-mismatch` for a sample of another width, `backend-not-ready`, `gradients-missing`,
 *   and what the architecture's `check` throws
 */
export async function createGenericEngine(options: GenericEngineOptions): Promise<SaeEngine> {
  checkWidths(options, { from, where: "createGenericEngine()" });
  if (getGradient("Sum") === undefined) throw gradientsMissing();
  options.architecture.check(options);
  return new GenericEngine(options);
}
