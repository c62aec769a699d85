import type { ConfigSchema } from "./config.ts";
import { parseConfig } from "./config.ts";
import { PlumblineError } from "./errors/plumbline-error.ts";
import type { ActivationRule, NamedArray } from "./inference-form.ts";
import type { JsonObject } from "./json.ts";
import type { Random } from "./random.ts";

/** Version of the architecture contract that this package describes. */
export const architectureSpecVersion = 1;

/** Tensors (or arrays) by name. */
export type Named<T> = Readonly<Record<string, T>>;

/** Widths of one SAE. */
export interface SaeShape {
  readonly dIn: number;
  readonly dSae: number;
}

/** Activations to initialize from, already in the units of training. */
export interface ActivationSample {
  /** [nRows, dIn] */
  readonly rows: Float32Array;
  readonly nRows: number;
  /** [dIn] mean of the data, from all of it where that is known, else of `rows` */
  readonly mean: Float32Array;
}

/** What {@link Architecture.init} draws from. */
export interface InitContext extends SaeShape {
  readonly random: Random;
  readonly sample: ActivationSample;
}

/** What {@link Architecture.loss} sees in one step. Tensors belong to the engine: read them, never dispose them. */
export interface LossInput<T> {
  readonly parameters: Named<T>;
  readonly buffers: Named<T>;
  /** [B, dIn] */
  readonly x_BD: T;
  readonly scalars: Readonly<Record<string, number>>;
}

/** What a loss gives back. The engine sums `terms` and differentiates the sum; the rest carries no gradient. */
export interface LossOutput<T> {
  /** scalars, weights included */
  readonly terms: Named<T>;
  /** scalars, one for each name in `statistics` */
  readonly statistics: Named<T>;
  /** next value of every buffer */
  readonly buffers: Named<T>;
}

/** Constants of Adam (Kingma & Ba 2015), with torch's placement of epsilon: outside the square root. */
export interface AdamConstants {
  readonly kind: "adam";
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

/**
 * What the optimizer must respect. Both functions take and return *stored* parameters by name and touch only what they
 * return; names they leave out stay as they are.
 */
export interface Constraint<T> {
  /** called with gradients before clipping: project them */
  gradient(gradients: Named<T>, parameters: Named<T>): Named<T>;
  /** called with parameters after the update: put them back on the constraint */
  afterStep(parameters: Named<T>): Named<T>;
}

/** The effective SAE as tensors: what {@link Architecture.inference} makes of stored parameters. */
export interface InferenceTensors<T> {
  /** `encoder` [F, D], `encoderBias` [F], `decoder` [F, D], `decoderBias` [D], and `threshold` [F] where the rule needs it */
  readonly tensors: Named<T>;
  readonly subtractDecoderBias: boolean;
  readonly activation: ActivationRule;
}

/** A plain description that a fused engine may recognise instead of running the tensor code. */
export interface FusedDescription {
  readonly activation: string;
  readonly rowMap: string;
  readonly details: JsonObject;
}

/**
 * One SAE architecture with its configuration: a frozen value, written in the operations of one tensor library `T`
 * (TensorFlow.js for everything that ships with Plumbline).
 *
 * The functions run inside the engine's memory scope: tensors they make along the way are freed by the engine, tensors they
 * return are kept by it.
 */
export interface Architecture<T> {
  readonly specVersion: typeof architectureSpecVersion;
  /** kebab-case; with `config` it is enough to build the value again */
  readonly name: string;
  /** the resolved configuration: every default filled in */
  readonly config: JsonObject;
  /** scalars the trainer must supply each step */
  readonly controls: readonly string[];
  /** scalars the loss reports */
  readonly statistics: readonly string[];
  readonly optimizer: AdamConstants;
  /** whether the constraint keeps decoder rows at norm 1 */
  readonly decoderRows: "unit" | "free";
  /** what a reader of this combination should know, a sentence each; shown before training */
  readonly notes?: readonly string[];
  /** throws where the configuration does not fit the widths: `k` above dSae */
  check(shape: SaeShape): void;
  /** stored parameters; `encoder` and `decoder` are `[dSae, dIn]`. Made afresh at each call: an engine may take their memory. */
  init(context: InitContext): Named<NamedArray>;
  /** state that is checkpointed, not trained */
  initBuffers(shape: SaeShape): Named<NamedArray>;
  /** dense latents [B, F] by the inference rule */
  encode(parameters: Named<T>, buffers: Named<T>, x_BD: T): T;
  /** reconstruction [B, D] */
  decode(parameters: Named<T>, latents_BF: T): T;
  loss(input: LossInput<T>): LossOutput<T>;
  readonly constrain?: Constraint<T>;
  inference(parameters: Named<T>, buffers: Named<T>): InferenceTensors<T>;
  /** effective encoder and decoder rows, [F, D] each, differentiable; penalties on rows and alignment scores read these */
  directions(parameters: Named<T>): { readonly encoder: T; readonly decoder: T };
  readonly fused?: FusedDescription;
}

/** An architecture before it is configured: call it with a configuration to get an {@link Architecture}. */
export interface ArchitectureFactory<T, Config extends object = object> {
  (config?: Partial<Config>): Architecture<T>;
  readonly specVersion: typeof architectureSpecVersion;
  readonly architectureName: string;
  readonly description: string;
  readonly schema: ConfigSchema<Config>;
}

/** What an author writes; see {@link defineArchitecture}. */
export interface ArchitectureDefinition<T, Config extends object> {
  readonly name: string;
  /** one line for lists */
  readonly description: string;
  /** every field with a default where one makes sense, and a sentence with its unit */
  readonly schema: ConfigSchema<Config>;
  build(config: Config): Omit<Architecture<T>, "specVersion" | "name" | "config">;
}

/**
 * Declares an architecture. Nothing is registered: hand the result to whoever needs it.
 *
 * @returns a factory; called with a configuration it checks it, fills in defaults and returns a frozen architecture
 * @throws PlumblineError `bad-name` for a name that is not kebab-case; the factory throws `unknown-key` and `bad-config`
 */
export function defineArchitecture<T, Config extends object>(
  definition: ArchitectureDefinition<T, Config>,
): ArchitectureFactory<T, Config> {
  const { name, description, schema } = definition;
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) {
    throw new PlumblineError({
      code: "bad-name",
      kind: "usage",
      message: `[core] defineArchitecture(): expected a kebab-case name, got "${name}"`,
      hint: `use one like "top-k"`,
    });
  }
  const create = (input: Partial<Config> = {}): Architecture<T> => {
    const config = parseConfig(schema, input, { from: `[${name}] config`, where: `architecture "${name}"` });
    return Object.freeze({
      ...definition.build(config),
      specVersion: architectureSpecVersion,
      name,
      config: Object.freeze({ ...config }) as JsonObject,
    });
  };
  return Object.freeze(
    Object.assign(create, {
      specVersion: architectureSpecVersion,
      architectureName: name,
      description,
      schema,
    } as const),
  );
}
