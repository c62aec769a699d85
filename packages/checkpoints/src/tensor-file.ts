import type { NamedArray } from "@plumbline/core";
import { encodeSafetensors, readSafetensors, type TensorEntry } from "@plumbline/safetensors";
import { checkpointError, damaged, quote } from "./errors.ts";
import type { JsonFields } from "./json-fields.ts";
import type { Sha256 } from "./sha256.ts";

/** Arrays by name. */
export type Arrays = Readonly<Record<string, NamedArray>>;

/** What a description says of the tensor file beside it. */
export interface TensorFile {
  /** name in the same folder */
  readonly file: string;
  readonly bytes: number;
  /** lower-case hexadecimal, of the whole file */
  readonly sha256: string;
  /** all tensors, sorted */
  readonly names: readonly string[];
}

/** Names in the order in which descriptions list them. */
export function sortedNames(arrays: Arrays): readonly string[] {
  return Object.keys(arrays).sort((a, b) => (a < b ? -1 : 1));
}

/** Tensors as the bytes of a file, with their description. */
export function encodeTensorFile(
  file: string,
  arrays: Arrays,
  sha256: Sha256,
): { readonly bytes: Uint8Array; readonly description: TensorFile } {
  const bytes = encodeSafetensors(arrays);
  const names = sortedNames(arrays);
  return { bytes, description: { file, bytes: bytes.length, sha256: sha256(bytes), names } };
}

/** The part of a description that {@link encodeTensorFile} wrote. */
export function readTensorFile(fields: JsonFields, file: string): TensorFile {
  const tensors = fields.fields("tensors");
  // The name says which file belongs here; it is compared, never opened.
  if (tensors.text("file") !== file) throw tensors.error("file", `expected "${file}"`);
  const bytes = tensors.count("bytes", 8, Number.MAX_SAFE_INTEGER);
  const sha256 = tensors.text("sha256");
  if (!/^[0-9a-f]{64}$/.test(sha256)) {
    throw tensors.error("sha256", `expected 64 lower-case hexadecimal digits, got ${quote(sha256)}`);
  }
  const names = tensors.texts("names");
  tensors.end();
  return { file, bytes, sha256, names };
}

/** Who reads which file, for messages. */
export interface TensorContext {
  /** `function()` */
  readonly from: string;
  /** path of the tensor file */
  readonly where: string;
}

/** @throws PlumblineError `truncated-file`, `altered-file` */
export function checkLength(bytes: number, expected: TensorFile, context: TensorContext): void {
  if (bytes === expected.bytes) return;
  throw checkpointError({
    code: bytes < expected.bytes ? "truncated-file" : "altered-file",
    kind: "input",
    message: `${context.from}: expected a file of ${expected.bytes} bytes, got ${bytes}`,
    where: context.where,
    hint: damaged,
  });
}

/** @throws PlumblineError `altered-file` */
export function checkSum(sha256: string, expected: TensorFile, context: TensorContext): void {
  if (sha256 === expected.sha256) return;
  throw checkpointError({
    code: "altered-file",
    kind: "input",
    message: `${context.from}: the file has changed since it was written: expected sha256 ${expected.sha256}, got ${sha256}`,
    where: context.where,
    hint: damaged,
  });
}

/**
 * Compares the tensors of a file with the names that its description lists.
 *
 * @throws PlumblineError `missing-tensor`, `extra-tensor`, `dtype-mismatch` for other than F32 and I32
 */
export function checkTensors(
  tensors: ReadonlyMap<string, TensorEntry>,
  expected: TensorFile,
  context: TensorContext,
): void {
  const fail = (code: string, name: string, message: string): never => {
    throw checkpointError({
      code,
      kind: "input",
      message: `${context.from}: ${message}`,
      where: `${context.where}, tensor ${quote(name)}`,
      hint: damaged,
    });
  };
  const names = new Set(expected.names);
  for (const name of names) {
    if (!tensors.has(name)) fail("missing-tensor", name, "the description lists a tensor that is not there");
  }
  for (const [name, { dtype }] of tensors) {
    if (!names.has(name)) fail("extra-tensor", name, "the description does not list this tensor");
    if (dtype !== "F32" && dtype !== "I32") fail("dtype-mismatch", name, `expected F32 or I32, got ${dtype}`);
  }
}

/** The arrays of a tensor file in memory, after all checks. */
export function decodeTensorFile(
  bytes: Uint8Array,
  expected: TensorFile,
  context: TensorContext & { readonly sha256: Sha256 },
): Arrays {
  checkLength(bytes.length, expected, context);
  checkSum(context.sha256(bytes), expected, context);
  const file = readSafetensors(bytes, { where: context.where });
  checkTensors(file.tensors, expected, context);
  return Object.fromEntries(
    [...file.tensors].map(([name, { dtype }]) => [
      name,
      dtype === "F32" ? file.float32(name) : file.int32(name),
    ]),
  );
}
