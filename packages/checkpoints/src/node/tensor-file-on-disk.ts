import { join } from "node:path";
import type { NamedArray } from "@plumbline/core";
import type { FileSystem } from "@plumbline/core/node";
import { openSafetensors, writeSafetensors } from "@plumbline/safetensors/node";
import { checkpointError, damaged } from "../errors.ts";
import {
  type Arrays,
  checkLength,
  checkSum,
  checkTensors,
  sortedNames,
  type TensorContext,
  type TensorFile,
} from "../tensor-file.ts";
import { hashFile } from "./hash-file.ts";

/** Writes arrays to a new file without a second copy in memory; the bytes are those of `encodeTensorFile`. */
export async function saveTensorFile(
  folder: string,
  file: string,
  arrays: Arrays,
  fileSystem: FileSystem,
): Promise<TensorFile> {
  const path = join(folder, file);
  await writeSafetensors(path, arrays, undefined, { fileSystem });
  const { size } = await fileSystem.stat(path);
  return { file, bytes: size, sha256: await hashFile(path, fileSystem), names: sortedNames(arrays) };
}

/**
 * The arrays of a file, after all checks.
 *
 * @throws PlumblineError `missing-file`, `truncated-file`, `altered-file`, `missing-tensor`, `extra-tensor`, `dtype-mismatch`
 */
export async function loadTensorFile(
  expected: TensorFile,
  context: TensorContext & { readonly fileSystem: FileSystem },
): Promise<Arrays> {
  const { from, where, fileSystem } = context;
  const found = await fileSystem.stat(where).catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code !== "ENOENT") throw cause;
    throw checkpointError({
      code: "missing-file",
      kind: "input",
      message: `${from}: the tensors that the description tells of are missing`,
      where,
      hint: damaged,
      cause,
    });
  });
  checkLength(found.size, expected, context);
  checkSum(await hashFile(where, fileSystem), expected, context);
  const file = await openSafetensors(where, { fileSystem });
  try {
    checkTensors(file.tensors, expected, context);
    const arrays: [string, NamedArray][] = [];
    for (const [name, { dtype }] of file.tensors) {
      arrays.push([name, dtype === "F32" ? await file.float32(name) : await file.int32(name)]);
    }
    return Object.fromEntries(arrays);
  } finally {
    await file.close();
  }
}
