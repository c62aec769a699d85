import type { Architecture, Backend, EngineOptions, SaeEngine } from "@plumbline/core";
import { meanRow } from "@plumbline/metrics";
import type { Tensor } from "@tensorflow/tfjs-core";
import { defaultMeta } from "./default-meta.ts";
import { metaSaeControls } from "./joint-scalars.ts";
import { createMetaSaeEngine } from "./meta-sae-engine.ts";
import { type MetaSaeOptions, metaWidth, refuse, settingsOf } from "./options.ts";

/** A primary architecture to be trained together with a meta SAE: a plain value, which makes engines. */
export interface MetaSaeTraining {
  readonly primary: Architecture<Tensor>;
  /** scalars that a step may have beside those of the primary's architecture; each replaces the option of its name */
  readonly optionalControls: readonly string[];
  /** the meta SAE's architecture and width for a primary with `dSae` latents */
  metaOf(dSae: number): { readonly architecture: Architecture<Tensor>; readonly dSae: number };
  /**
   * Both engines on one backend, as one. The primary starts as it would alone: the meta SAE draws from a stream of its own.
   *
   * @throws what the backend throws
   */
  createEngine(
    backend: Backend<Tensor>,
    options: Omit<EngineOptions<Tensor>, "architecture">,
  ): Promise<SaeEngine>;
}

/**
 * Trains an architecture together with a meta SAE that penalizes decoder rows which are easy to rebuild, so that latents become
 * more atomic. Works with any primary and any meta architecture, free or aligned; see {@link createMetaSaeEngine} for what a
 * step does.
 *
 * @throws PlumblineError `bad-option`
 * @source Levinson, "MetaSAE", arXiv 2604.03436; defaults are those of its experiments on GPT-2 large
 * @example
 * import { topK } from "@plumbline/architectures";
 * import { tfjsCpuBackend } from "@plumbline/backend-tfjs-cpu";
 * import { createRandom } from "@plumbline/core";
 * import { withMetaSae } from "@plumbline/meta-sae";
 *
 * const joint = withMetaSae(topK({ k: 2 }), { ratio: 0.25, k: 2, lambda2: 0.3, sigma2: 1 });
 * const rows = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i));
 * const sample = { rows, nRows: 8, mean: new Float32Array(8) };
 * const engine = await joint.createEngine(tfjsCpuBackend, { dIn: 8, dSae: 16, random: createRandom(0), sample });
 * const stats = await engine.step(rows, { lr: 1e-3, scalars: {}, wantStats: true });
 * console.log(joint.metaOf(16).dSae, Object.keys(stats?.terms ?? {})); // 4 [ 'reconstruction', 'rowPenalty' ]
 * engine.dispose();
 */
export function withMetaSae(
  primary: Architecture<Tensor>,
  options: MetaSaeOptions<Tensor> = {},
): MetaSaeTraining {
  settingsOf(options as MetaSaeOptions<never>);
  const taken = primary.controls.find((name) => metaSaeControls.includes(name));
  if (taken !== undefined)
    throw refuse("the primary's scalars", "named otherwise than the meta SAE's", taken);
  const metaOf: MetaSaeTraining["metaOf"] = (dSae) => {
    const width = metaWidth(options as MetaSaeOptions<never>, dSae);
    if (options.architecture === undefined && options.k !== undefined && options.k > width)
      throw refuse("k", `at most the meta SAE's ${width} latents`, options.k);
    const architecture = options.architecture ?? defaultMeta(Math.min(options.k ?? 8, width), dSae);
    return { architecture, dSae: width };
  };
  return {
    primary,
    optionalControls: metaSaeControls,
    metaOf,
    createEngine: async (backend, engineOptions) => {
      const { dIn, dSae, random } = engineOptions;
      const meta = metaOf(dSae);
      const engine = await backend.createEngine({ ...engineOptions, architecture: primary });
      try {
        const rows = await engine.decoderRows();
        const sample = { rows, nRows: dSae, mean: Float32Array.from(meanRow(rows, dIn)) };
        const rest = { dIn, random: random.stream("meta-sae"), sample };
        return createMetaSaeEngine(
          engine,
          await backend.createEngine({ ...meta, ...rest }),
          options as MetaSaeOptions<never>,
        );
      } catch (error) {
        engine.dispose();
        throw error;
      }
    },
  };
}
