import type { InferenceForm } from "@plumbline/core";
import { activationJson, readActivation } from "./activation-json.ts";
import { documentJson } from "./canonical-json.ts";
import { checkpointError, damaged, quote } from "./errors.ts";
import { arraysOf, checkFormArrays, complainOfForm, formMembers } from "./form-arrays.ts";
import { parseDescription, readDocument, readFields } from "./json-fields.ts";
import { sha256 as plainSha256, type Sha256 } from "./sha256.ts";
import {
  type Arrays,
  decodeTensorFile,
  encodeTensorFile,
  readTensorFile,
  type TensorFile,
} from "./tensor-file.ts";

export const formTensorsName = "sae.safetensors";
export const formDescriptionName = "sae.json";
/** 64 times the residual stream of the widest public models, and 64 times their widest public dictionaries. */
const maxWidth = { dIn: 2 ** 20, dSae: 2 ** 28 };
const expected = { format: "plumbline-sae", version: 1, what: "an SAE" };

/** An SAE as two files. */
export interface InferenceFiles {
  readonly "sae.safetensors": Uint8Array;
  readonly "sae.json": string;
}

/** Everything of a form but its tensors. */
export type FormDescription = Pick<
  InferenceForm,
  "dIn" | "dSae" | "activation" | "subtractDecoderBias" | "madeBy"
>;

/** The arrays of a form that may be saved. @throws PlumblineError as {@link encodeInferenceForm} does */
export function checkedArraysOf(form: InferenceForm, from: string): Arrays {
  const { dIn, dSae, activation } = form;
  // What cannot be read back is not written: the description goes through the reader's own checks.
  const plain = JSON.parse(describeForm(form, { file: formTensorsName, bytes: 8, sha256: "", names: [] }));
  try {
    const fields = readFields(plain, { from, where: "form" });
    fields.count("dIn", 1, maxWidth.dIn);
    fields.count("dSae", 1, maxWidth.dSae);
    fields.flag("subtractDecoderBias");
    readActivation(fields, { dSae, from, where: "form" });
    readMadeBy(fields);
  } catch (cause) {
    throw checkpointError({
      code: "bad-form",
      kind: "bug",
      message: `${from}: this inference form cannot be saved: ${(cause as Error).message}`,
      cause,
    });
  }
  const arrays = arraysOf(form);
  checkFormArrays(arrays, { dIn, dSae, activation }, complainOfForm(from));
  return arrays;
}

/** The text of `sae.json`. */
export function describeForm(form: FormDescription, tensors: TensorFile): string {
  const { dIn, dSae, activation, subtractDecoderBias, madeBy } = form;
  return documentJson([
    ["format", expected.format],
    ["version", expected.version],
    ["dIn", dIn],
    ["dSae", dSae],
    ["activation", activationJson(activation)],
    ["subtractDecoderBias", subtractDecoderBias],
    ["madeBy", { architecture: madeBy.architecture, config: madeBy.config }],
    ["tensors", tensors],
  ]);
}

function readMadeBy(fields: ReturnType<typeof readFields>): InferenceForm["madeBy"] {
  const madeBy = fields.fields("madeBy");
  const found = { architecture: madeBy.text("architecture"), config: madeBy.json("config") };
  madeBy.end();
  return found;
}

/** Reads a parsed `sae.json`. @throws PlumblineError as {@link decodeInferenceForm} does */
export function readFormDescription(
  content: unknown,
  place: { from: string; where: string },
): { form: FormDescription; tensors: TensorFile } {
  const fields = readDocument(content, expected, place);
  const dIn = fields.count("dIn", 1, maxWidth.dIn);
  const dSae = fields.count("dSae", 1, maxWidth.dSae);
  const activation = readActivation(fields, { dSae, ...place });
  const subtractDecoderBias = fields.flag("subtractDecoderBias");
  const madeBy = readMadeBy(fields);
  const tensors = readTensorFile(fields, formTensorsName);
  fields.end();
  return { form: { dIn, dSae, activation, subtractDecoderBias, madeBy }, tensors };
}

/** Puts a description and its arrays together. @throws PlumblineError as {@link decodeInferenceForm} does */
export function assembleForm(
  form: FormDescription,
  arrays: Arrays,
  place: { from: string; where: string },
): InferenceForm {
  checkFormArrays(arrays, form, (code, tensor, message) =>
    checkpointError({
      code,
      kind: "input",
      message: `${place.from}: ${message}`,
      where: `${place.where}, tensor ${quote(tensor)}`,
      hint: damaged,
    }),
  );
  return { ...form, ...formMembers(arrays) };
}

/**
 * An SAE as the content of two files. The bytes depend on the SAE only: no clock, no path, keys in a fixed order.
 *
 * @param options.sha256 a faster SHA-256 than the built-in one
 * @throws PlumblineError `not-finite` (kind `diverged`) naming tensor, row and column; `bad-form`, `bad-json-value`,
 *   `missing-tensor`, `extra-tensor`, `shape-mismatch`, `dtype-mismatch` (kind `bug`)
 * @example
 * import { decodeInferenceForm, encodeInferenceForm } from "@plumbline/checkpoints";
 *
 * const files = encodeInferenceForm({
 *   dIn: 2,
 *   dSae: 1,
 *   encoder: Float32Array.of(1, 0),
 *   encoderBias: Float32Array.of(0),
 *   decoder: Float32Array.of(1, 0),
 *   decoderBias: Float32Array.of(0, 0),
 *   subtractDecoderBias: true,
 *   activation: { kind: "relu" },
 *   madeBy: { architecture: "relu", config: {} },
 * });
 * console.log(decodeInferenceForm(files).encoder); // Float32Array(2) [ 1, 0 ]
 */
export function encodeInferenceForm(form: InferenceForm, options: { sha256?: Sha256 } = {}): InferenceFiles {
  const { sha256 = plainSha256 } = options;
  const arrays = checkedArraysOf(form, "encodeInferenceForm()");
  const { bytes, description } = encodeTensorFile(formTensorsName, arrays, sha256);
  return { [formTensorsName]: bytes, [formDescriptionName]: describeForm(form, description) };
}

/**
 * The SAE in two files; nothing in them is trusted.
 *
 * @param options.where name of the folder, for messages
 * @throws PlumblineError (kind `input`) `foreign-format`, `foreign-version`, `bad-json`, `bad-description`,
 *   `unknown-activation`, `truncated-file`, `altered-file`, `missing-tensor`, `extra-tensor`, `dtype-mismatch`,
 *   `shape-mismatch`, `not-finite`, and those of `readSafetensors`
 */
export function decodeInferenceForm(
  files: InferenceFiles,
  options: { where?: string; sha256?: Sha256 } = {},
): InferenceForm {
  const { where = "checkpoint", sha256 = plainSha256 } = options;
  const from = "decodeInferenceForm()";
  const described = { from, where: `${where}/${formDescriptionName}` };
  const content = parseDescription(files[formDescriptionName], described);
  const { form, tensors } = readFormDescription(content, described);
  const context = { from, where: `${where}/${formTensorsName}` };
  const arrays = decodeTensorFile(files[formTensorsName], tensors, { ...context, sha256 });
  return assembleForm(form, arrays, context);
}
