import type { FileHandle } from "node:fs/promises";
import { basename } from "node:path";
import type { ActivationSource } from "@plumbline/core";
import { explainFileError, type FileSystem, nodeFileSystem } from "@plumbline/core/node";
import { widenFloats } from "@plumbline/safetensors";
import { fileError } from "../errors.ts";
import {
  defaultNpyLimits,
  type NpyHeader,
  type NpyLimits,
  npyHeaderRange,
  npyPrefixBytes,
  parseNpyHeader,
} from "../npy/npy-header.ts";
import { matrixShape, type RowSourceOptions, rowSource } from "../row-source.ts";
import { readFully } from "./read-fully.ts";

interface OpenNpy extends NpyHeader {
  readonly file: FileHandle;
  readonly dataStart: number;
  readonly dataBytes: number;
}

/** Opens a file and reads its header; the caller closes it. */
async function openNpy(path: string, limits: NpyLimits, fileSystem: FileSystem): Promise<OpenNpy> {
  let file: FileHandle | undefined;
  try {
    // Looked at before it is opened: opening a named pipe would wait for a writer.
    const found = await fileSystem.stat(path);
    if (!found.isFile()) {
      throw fileError({
        code: "not-a-file",
        message: "npyFileSource(): expected a file, got a folder or a device",
        where: path,
        hint: "check the path",
      });
    }
    file = await fileSystem.open(path, "r");
    const fileBytes = (await file.stat()).size;
    const first = new Uint8Array(Math.min(npyPrefixBytes, fileBytes));
    await readFully(file, first, 0, path);
    const { start, length } = npyHeaderRange(first, { fileBytes, where: path, limits });
    const text = new Uint8Array(length);
    await readFully(file, text, start, path);
    const dataStart = start + length;
    const dataBytes = fileBytes - dataStart;
    return { ...parseNpyHeader(text, { start, dataBytes, where: path, limits }), file, dataStart, dataBytes };
  } catch (error) {
    await file?.close();
    throw explainFileError(error, "npyFileSource()", path);
  }
}

/**
 * The rows of a `.npy` file, read a chunk at a time: memory does not grow with the file. Otherwise as {@link npySource}.
 *
 * @param options.limits replaces some of {@link defaultNpyLimits}
 * @throws PlumblineError those of `npySource`, `no-such-file`, `not-a-file`, `no-permission`; while reading, `file-changed`
 *   where the array is no longer what it was
 * @example
 * import { writeFile } from "node:fs/promises";
 * import { npyFileSource } from "@plumbline/model-sources/node";
 *
 * const header = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n";
 * const start = Buffer.from(`\x93NUMPY\x01\x00${String.fromCharCode(header.length)}\x00${header}`, "latin1");
 * await writeFile("rows.npy", Buffer.concat([start, Buffer.from(Float32Array.of(1, 2, 3, 4, 5, 6).buffer)]));
 * const source = await npyFileSource("rows.npy");
 * console.log(source.nRows, source.dIn); // 2 3
 */
export async function npyFileSource(
  path: string,
  options: RowSourceOptions & {
    readonly limits?: Partial<NpyLimits>;
    readonly fileSystem?: FileSystem;
  } = {},
): Promise<ActivationSource> {
  const { flatten = false, fileSystem = nodeFileSystem } = options;
  const limits = { ...defaultNpyLimits, ...options.limits };
  const { file: opened, dtype, shape, dataBytes } = await openNpy(path, limits, fileSystem);
  await opened.close();
  const { nRows, dIn } = matrixShape(shape, { flatten, from: "npyFileSource()", where: path });
  const rowBytes = dataBytes / nRows;
  return rowSource({
    name: "npy",
    nRows,
    dIn,
    options,
    provenance: { format: "npy", file: basename(path), dtype },
    open: async () => {
      const again = await openNpy(path, limits, fileSystem);
      const { file, dataStart } = again;
      if (again.dtype !== dtype || again.shape.join() !== shape.join()) {
        await file.close();
        throw fileError({
          code: "file-changed",
          message: `chunks(): expected shape [${shape.join(", ")}] of ${dtype} as before, got [${again.shape.join(", ")}] of ${again.dtype}`,
          where: path,
          hint: "make the source again",
        });
      }
      return {
        read: async (start, count) => {
          const stored = new Uint8Array(count * rowBytes);
          await readFully(file, stored, dataStart + start * rowBytes, path);
          const rows = new Float32Array(count * dIn);
          widenFloats(stored, dtype, rows);
          return { nRows: count, rows };
        },
        close: () => file.close(),
      };
    },
  });
}
