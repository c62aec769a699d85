import type { FileHandle } from "node:fs/promises";
import { type FileSystem, nodeFileSystem } from "@plumbline/core/node";
import { quote, usageError } from "../errors.ts";
import { planFile, type TensorLayout } from "../plan-file.ts";
import { bytesOf, type TensorData } from "../tensor-data.ts";
import { createAtomicFile } from "./atomic-file.ts";

/**
 * Writes a file piece by piece. The path keeps what it had until `finish()`; the first error of any method removes the
 * temporary file and ends the writer.
 */
export interface SafetensorsWriter {
  /**
   * Writes the next elements of a tensor. Tensors may be written in any order, also in turns; leave `data` unchanged until
   * the promise is fulfilled.
   *
   * @param data any number of elements, of the array type that fits the dtype or as little-endian bytes
   * @throws PlumblineError `unknown-tensor`, `dtype-mismatch`, `tensor-overfull`, `disk-full`, `writer-closed`
   */
  write(name: string, data: TensorData): Promise<void>;
  /** Flushes and renames to the path. @throws PlumblineError `tensor-incomplete`, `disk-full`, `writer-closed` */
  finish(): Promise<void>;
  /** Removes what was written; does nothing after `finish()` or an error. */
  abort(): Promise<void>;
}

async function writeFully(file: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    // One system call moves less than 2 GiB.
    const length = Math.min(2 ** 30, bytes.length - done);
    done += (await file.write(bytes, done, length, position + done)).bytesWritten;
  }
}

/**
 * Starts a safetensors file whose data come in pieces. Its bytes equal those of `encodeSafetensors` on the same content.
 *
 * @param layout dtype and shape of every tensor
 * @param metadata free text by key
 * @throws PlumblineError `bad-tensor`, `bad-name`, `bad-metadata`, `no-permission`, `no-such-file` for a missing folder
 * @example
 * import { createSafetensorsWriter } from "@plumbline/safetensors/node";
 *
 * const writer = await createSafetensorsWriter("rows.safetensors", { rows: { dtype: "F32", shape: [4, 2] } });
 * for (let i = 0; i < 4; i++) await writer.write("rows", Float32Array.of(i, i * i));
 * await writer.finish();
 */
export async function createSafetensorsWriter(
  path: string,
  layout: TensorLayout,
  metadata?: Readonly<Record<string, string>>,
  options: { fileSystem?: FileSystem } = {},
): Promise<SafetensorsWriter> {
  const { fileSystem = nodeFileSystem } = options;
  const from = "createSafetensorsWriter()";
  const { head, entries } = planFile(layout, metadata, from);
  const cursors = new Map(
    entries.map(({ name, dtype, byteStart, byteEnd }) => [
      name,
      { name, dtype, at: head.length + byteStart, end: head.length + byteEnd },
    ]),
  );
  const output = await createAtomicFile(path, from, fileSystem);
  await output.run(from, (file) => writeFully(file, head, 0));
  return {
    write: (name, data) =>
      output.run("write()", async (file) => {
        const cursor = cursors.get(name);
        if (cursor === undefined) {
          throw usageError({
            code: "unknown-tensor",
            message: `write(): the layout has no tensor ${quote(name)}`,
            where: path,
            hint: `it has ${[...cursors.keys()].slice(0, 20).map(quote).join(", ")}`,
          });
        }
        const bytes = bytesOf(data, cursor.dtype, "write()", name);
        if (cursor.at + bytes.length > cursor.end) {
          throw usageError({
            code: "tensor-overfull",
            message: `write(): expected at most ${cursor.end - cursor.at} more bytes, got ${bytes.length}`,
            where: `${path}, tensor ${quote(name)}`,
          });
        }
        await writeFully(file, bytes, cursor.at);
        cursor.at += bytes.length;
      }),
    finish: async () => {
      await output.run("finish()", () => {
        for (const { name, at, end } of cursors.values()) {
          if (at === end) continue;
          throw usageError({
            code: "tensor-incomplete",
            message: `finish(): ${end - at} bytes were never written`,
            where: `${path}, tensor ${quote(name)}`,
          });
        }
      });
      await output.commit("finish()");
    },
    abort: () => output.discard(),
  };
}
