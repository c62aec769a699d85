import type { EngineState, JsonObject } from "@plumbline/core";
import { documentJson } from "./canonical-json.ts";
import { checkpointError, damaged, quote } from "./errors.ts";
import { parseDescription, readDocument } from "./json-fields.ts";
import { sha256 as plainSha256, type Sha256 } from "./sha256.ts";
import {
  type Arrays,
  decodeTensorFile,
  encodeTensorFile,
  readTensorFile,
  type TensorFile,
} from "./tensor-file.ts";

export const stateTensorsName = "trainer.safetensors";
export const stateDescriptionName = "trainer.json";
const expected = { format: "plumbline-training-state", version: 1, what: "a training state" };

/** Everything that a run needs to go on. */
export interface TrainingState {
  readonly engine: EngineState;
  /** the trainer's own: step, schedule states; `{}` where there is none */
  readonly trainer: JsonObject;
}

/** A training state as two files. */
export interface TrainingFiles {
  readonly "trainer.safetensors": Uint8Array;
  readonly "trainer.json": string;
}

/** An {@link EngineState} without its arrays. */
export type StateDescription = Omit<EngineState, "arrays">;

const isWidth = (value: number): boolean => Number.isSafeInteger(value) && value >= 1;

/** The arrays of a state that may be saved. @throws PlumblineError as {@link encodeTrainingState} does */
export function checkedStateArrays(engine: EngineState, from: string): Arrays {
  const { dIn, dSae, nSteps } = engine;
  if (!isWidth(dIn) || !isWidth(dSae) || !Number.isSafeInteger(nSteps) || nSteps < 0) {
    throw checkpointError({
      code: "bad-state",
      kind: "bug",
      message: `${from}: expected widths from 1 and steps from 0, got dIn ${dIn}, dSae ${dSae}, nSteps ${nSteps}`,
    });
  }
  for (const [name, { shape, data }] of Object.entries(engine.arrays)) {
    const length = shape.reduce((product, size) => product * size, 1);
    const fits = data.length === length && (data instanceof Float32Array || data instanceof Int32Array);
    if (fits) continue;
    throw checkpointError({
      code: "shape-mismatch",
      kind: "bug",
      message: `${from}: expected ${length} float32 or int32 values for shape [${shape.join(", ")}], got ${data.length}`,
      where: `tensor ${quote(name)}`,
    });
  }
  return engine.arrays;
}

/** The text of `trainer.json`. */
export function describeState(engine: StateDescription, trainer: JsonObject, tensors: TensorFile): string {
  const { architecture, dIn, dSae, nSteps } = engine;
  return documentJson([
    ["format", expected.format],
    ["version", expected.version],
    ["architecture", { name: architecture.name, config: architecture.config }],
    ["dIn", dIn],
    ["dSae", dSae],
    ["nSteps", nSteps],
    ["trainer", trainer],
    ["tensors", tensors],
  ]);
}

/** Reads a parsed `trainer.json`. @throws PlumblineError as {@link decodeTrainingState} does */
export function readStateDescription(
  content: unknown,
  place: { from: string; where: string },
): { engine: StateDescription; trainer: JsonObject; tensors: TensorFile } {
  const fields = readDocument(content, expected, place);
  const about = fields.fields("architecture");
  const architecture = { name: about.text("name"), config: about.json("config") };
  about.end();
  const dIn = fields.count("dIn", 1, Number.MAX_SAFE_INTEGER);
  const dSae = fields.count("dSae", 1, Number.MAX_SAFE_INTEGER);
  const nSteps = fields.count("nSteps", 0, Number.MAX_SAFE_INTEGER);
  const trainer = fields.json("trainer");
  const tensors = readTensorFile(fields, stateTensorsName);
  fields.end();
  return { engine: { architecture, dIn, dSae, nSteps }, trainer, tensors };
}

/** Puts a description and its arrays together. @throws PlumblineError `shape-mismatch` */
export function assembleState(
  engine: StateDescription,
  arrays: Arrays,
  place: { from: string; where: string },
): EngineState {
  for (const name of ["parameter/encoder", "parameter/decoder"]) {
    const shape = Object.hasOwn(arrays, name) ? arrays[name]?.shape : undefined;
    if (shape === undefined || shape.join() === [engine.dSae, engine.dIn].join()) continue;
    throw checkpointError({
      code: "shape-mismatch",
      kind: "input",
      message: `${place.from}: expected shape [${engine.dSae}, ${engine.dIn}], got [${shape.join(", ")}]`,
      where: `${place.where}, tensor ${quote(name)}`,
      hint: damaged,
    });
  }
  return { ...engine, arrays };
}

/**
 * A training state as the content of two files, exact to the bit: NaN with its payload, −0 and subnormals included, so that
 * a diverged run can be saved and looked at.
 *
 * @param options.sha256 a faster SHA-256 than the built-in one
 * @throws PlumblineError (kind `bug`) `bad-state`, `shape-mismatch`, `bad-json-value`
 */
export function encodeTrainingState(
  state: { readonly engine: EngineState; readonly trainer?: JsonObject },
  options: { sha256?: Sha256 } = {},
): TrainingFiles {
  const { sha256 = plainSha256 } = options;
  const { engine, trainer = {} } = state;
  const arrays = checkedStateArrays(engine, "encodeTrainingState()");
  const { bytes, description } = encodeTensorFile(stateTensorsName, arrays, sha256);
  return { [stateTensorsName]: bytes, [stateDescriptionName]: describeState(engine, trainer, description) };
}

/**
 * The training state in two files; nothing in them is trusted.
 *
 * @param options.where name of the folder, for messages
 * @throws PlumblineError (kind `input`) as `decodeInferenceForm`, but for `not-finite`
 */
export function decodeTrainingState(
  files: TrainingFiles,
  options: { where?: string; sha256?: Sha256 } = {},
): TrainingState {
  const { where = "checkpoint", sha256 = plainSha256 } = options;
  const from = "decodeTrainingState()";
  const described = { from, where: `${where}/${stateDescriptionName}` };
  const content = parseDescription(files[stateDescriptionName], described);
  const { engine, trainer, tensors } = readStateDescription(content, described);
  const context = { from, where: `${where}/${stateTensorsName}` };
  const arrays = decodeTensorFile(files[stateTensorsName], tensors, { ...context, sha256 });
  return { engine: assembleState(engine, arrays, context), trainer };
}
