import {
  type EngineState,
  engineDisposed,
  type InferenceForm,
  PlumblineError,
  type SaeEngine,
  type SparseLatents,
  type StepControls,
  type StepStats,
} from "@plumbline/core";
import { createReconstructionMetrics } from "@plumbline/metrics";
import { decomposabilityOf } from "./decomposability.ts";
import { badControl, jointScalars } from "./joint-scalars.ts";
import { joinArrays, splitArrays } from "./joint-state.ts";
import { type MetaSaeOptions, type MetaSaeSettings, settingsJson, settingsOf } from "./options.ts";

const from = "meta-sae";
const suffix = "+meta-sae";

/** Decoder rows, and what the meta SAE makes of them. */
interface Rebuilt {
  readonly rows: Float32Array;
  readonly target: Float32Array;
  /** meta latents of a row, on average */
  readonly l0: number;
}

/** Trains a primary and a meta SAE in turns; see {@link createMetaSaeEngine}. */
class MetaSaeEngine implements SaeEngine {
  readonly dIn: number;
  readonly dSae: number;
  readonly #primary: SaeEngine;
  readonly #meta: SaeEngine;
  readonly #settings: MetaSaeSettings;
  #nSteps = 0;
  #disposed = false;
  /** operations wait for each other: a step is many calls of both engines */
  #last: Promise<unknown> = Promise.resolve();

  constructor(primary: SaeEngine, meta: SaeEngine, settings: MetaSaeSettings) {
    this.dIn = primary.dIn;
    this.dSae = primary.dSae;
    this.#primary = primary;
    this.#meta = meta;
    this.#settings = settings;
  }

  async step(batch: Float32Array, controls: StepControls): Promise<StepStats | undefined> {
    return this.#run(() => this.#step(batch, controls));
  }

  async encode(batch: Float32Array): Promise<SparseLatents> {
    return this.#run(() => this.#primary.encode(batch));
  }

  async decode(latents: SparseLatents): Promise<Float32Array> {
    return this.#run(() => this.#primary.decode(latents));
  }

  async inference(): Promise<InferenceForm> {
    return this.#run(() => this.#primary.inference());
  }

  async decoderRows(): Promise<Float32Array> {
    return this.#run(() => this.#primary.decoderRows());
  }

  async exportState(): Promise<EngineState> {
    return this.#run(async () => {
      const primary = await this.#primary.exportState();
      const meta = await this.#meta.exportState();
      return {
        architecture: {
          name: `${primary.architecture.name}${suffix}`,
          config: {
            primary: primary.architecture.config,
            meta: { ...meta.architecture, dSae: this.#meta.dSae },
            joint: settingsJson(this.#settings),
          },
        },
        dIn: this.dIn,
        dSae: this.dSae,
        nSteps: this.#nSteps,
        arrays: joinArrays(primary, meta),
      };
    });
  }

  async importState(state: EngineState): Promise<void> {
    await this.#run(async () => {
      const { name, config } = state.architecture;
      const { primary: primaryConfig, meta, joint } = config as Record<string, never>;
      if (!name.endsWith(suffix) || primaryConfig === undefined || meta === undefined) {
        throw mismatch("a state of a primary with its meta SAE", name);
      }
      const own = JSON.stringify(settingsJson(this.#settings));
      if (sorted(joint) !== sorted(JSON.parse(own))) throw mismatch(`settings ${own}`, JSON.stringify(joint));
      const arrays = splitArrays(state.arrays);
      const { dSae: metaSae, ...architecture } = meta as EngineState["architecture"] & { dSae: number };
      const before = await this.#meta.exportState();
      await this.#meta.importState({
        architecture,
        dIn: state.dIn,
        dSae: metaSae,
        nSteps: this.#metaStepsAfter(state.nSteps),
        arrays: arrays.meta,
      });
      try {
        await this.#primary.importState({
          ...state,
          architecture: { name: name.slice(0, -suffix.length), config: primaryConfig },
          arrays: arrays.primary,
        });
      } catch (error) {
        // Both or neither.
        await this.#meta.importState(before);
        throw error;
      }
      this.#nSteps = state.nSteps;
    });
  }

  dispose(): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#primary.dispose();
    this.#meta.dispose();
  }

  async #run<R>(work: () => Promise<R>): Promise<R> {
    const check = (): void => {
      if (this.#disposed) throw engineDisposed(from);
    };
    check();
    const result = this.#last.then(() => {
      check();
      return work();
    });
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Meta steps that were taken by the time the primary has taken so many: a round begins with them. */
  #metaStepsAfter(nSteps: number): number {
    const { primarySteps, metaSteps } = this.#settings;
    return Math.ceil(nSteps / primarySteps) * metaSteps;
  }

  async #step(batch: Float32Array, controls: StepControls): Promise<StepStats | undefined> {
    const { sigma2, primarySteps } = this.#settings;
    const { lambda2, metaLr, scalars } = jointScalars(controls, this.#settings);
    if (controls.rowPenalty !== undefined && lambda2 > 0) {
      throw badControl("no rowPenalty, which is the meta SAE's own with lambda2 above 0", "one");
    }
    if (this.#nSteps % primarySteps === 0) await this.#trainMeta(metaLr);
    const rebuilt = lambda2 > 0 || controls.wantStats ? await this.#rebuild() : undefined;
    const pull =
      lambda2 > 0 && rebuilt !== undefined
        ? { rowPenalty: { target: rebuilt.target, weight: lambda2, width: sigma2 } }
        : {};
    const stats = await this.#primary.step(batch, { ...controls, scalars, ...pull });
    this.#nSteps++;
    return stats === undefined || rebuilt === undefined ? stats : this.#withMeta(stats, rebuilt);
  }

  /** The meta SAE's part of a round: every step sees all decoder rows. */
  async #trainMeta(lr: number): Promise<void> {
    const { metaSteps, scalars } = this.#settings;
    const rows = await this.#primary.decoderRows();
    for (let i = 0; i < metaSteps; i++) await this.#meta.step(rows, { lr, scalars, wantStats: false });
  }

  async #rebuild(): Promise<Rebuilt> {
    const rows = await this.#primary.decoderRows();
    const latents = await this.#meta.encode(rows);
    const target = await this.#meta.decode(latents);
    return { rows, target, l0: latents.values.length / this.dSae };
  }

  #withMeta(stats: StepStats, { rows, target, l0 }: Rebuilt): StepStats {
    const { sigma2 } = this.#settings;
    const reconstruction = createReconstructionMetrics({ dIn: this.dIn });
    reconstruction.add({ x: rows, xHat: target });
    const { value } = reconstruction.result().explainedVariance;
    const meta = {
      decomposability: decomposabilityOf(rows, target, { dIn: this.dIn, sigma2 }),
      metaExplainedVariance: value ?? Number.NaN,
      metaL0: l0,
    };
    return { ...stats, statistics: { ...stats.statistics, ...meta } };
  }
}

function mismatch(expected: string, got: string): PlumblineError {
  return new PlumblineError({
    code: "state-mismatch",
    kind: "input",
    message: `[${from}] importState(): expected ${expected}, got ${got}`,
    hint: "resume with the configuration that the state was saved with",
  });
}

/** JSON with keys in order at every level, for comparison. */
function sorted(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

/**
 * Makes one engine of two: a primary SAE, and a meta SAE whose inputs are the primary's decoder rows. In rounds, the meta SAE
 * takes `metaSteps` steps on all rows, then the primary takes `primarySteps` steps, each with the penalty
 * `λ₂ · mean_i exp(−‖row_i − rebuilt_i‖² / σ²)`, where rebuilt is what the meta SAE makes of the rows of that moment; no gradient
 * flows into it, and the meta SAE learns nothing from the penalty. The primary's own loss, optimizer and state are its engine's,
 * untouched: with λ₂ = 0 its arrays are those of the same run without a meta SAE, bit for bit.
 *
 * It is trained, saved and resumed like any other. Its state has the primary's arrays under their names and the meta SAE's under
 * `meta/`; its inference form is the primary's. Statistics have `decomposability`, `metaExplainedVariance` and `metaL0` beside the
 * primary's own.
 *
 * A step's scalars may have `lambda2` and `metaLr`, which then stand for the options of those names, so that schedules can supply
 * them; the primary is handed the others.
 *
 * Rows are rebuilt by the meta SAE's inference rule, row by row; the authors' code uses the choice of a training batch. A
 * round begins with the meta steps, so that no primary step sees a meta SAE that never learned.
 *
 * @param primary whose ownership passes
 * @param meta an engine of dIn = the primary's dIn, whose ownership passes
 * @throws PlumblineError `shape-mismatch`, `bad-option`
 * @source Levinson, "MetaSAE", arXiv 2604.03436
 */
export function createMetaSaeEngine(
  primary: SaeEngine,
  meta: SaeEngine,
  options: Omit<MetaSaeOptions<never>, "dictionarySize" | "ratio" | "k" | "architecture"> = {},
): SaeEngine {
  const settings = settingsOf(options);
  if (primary.dIn !== meta.dIn) {
    throw new PlumblineError({
      code: "shape-mismatch",
      kind: "usage",
      message: `[${from}] createMetaSaeEngine(): expected a meta SAE of dIn ${primary.dIn}, the width of decoder rows, got ${meta.dIn}`,
    });
  }
  return new MetaSaeEngine(primary, meta, settings);
}
