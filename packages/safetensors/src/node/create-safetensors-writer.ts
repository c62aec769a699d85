import type { FileHandle } from "node:fs/promises";
import { explainFileError, type FileSystem, nodeFileSystem, temporaryName } from "@plumbline/core/node";
import { bytesOf, planFile, type TensorData, type TensorLayout } from "../encode-safetensors.ts";
import { quote, usageError } from "../errors.ts";

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
  const { head, entries } = planFile(layout, metadata, "createSafetensorsWriter()");
  const cursors = new Map(
    entries.map((entry) => [
      entry.name,
      { entry, at: head.length + entry.byteStart, end: head.length + entry.byteEnd },
    ]),
  );
  const temporary = temporaryName(path);
  let file: FileHandle | undefined;
  let queue: Promise<void> = Promise.resolve();

  const discard = async (): Promise<void> => {
    const open = file;
    file = undefined;
    await open?.close().catch(() => undefined);
    if (open !== undefined) await fileSystem.rm(temporary, { force: true }).catch(() => undefined);
  };
  /** One after the other, in the order of the calls; whatever fails ends the writer. */
  const enqueue = (doing: string, work: (file: FileHandle) => Promise<void>): Promise<void> => {
    const result = queue.then(async () => {
      if (file === undefined) {
        throw usageError({
          code: "writer-closed",
          message: `${doing}: the writer was finished, aborted or has failed`,
          where: path,
        });
      }
      try {
        await work(file);
      } catch (error) {
        await discard();
        throw explainFileError(error, doing, path);
      }
    });
    queue = result.catch(() => undefined);
    return result;
  };

  try {
    file = await fileSystem.open(temporary, "wx");
  } catch (error) {
    throw explainFileError(error, "createSafetensorsWriter()", path);
  }
  await enqueue("createSafetensorsWriter()", (open) => writeFully(open, head, 0));
  return {
    write: (name, data) =>
      enqueue("write()", async (open) => {
        const cursor = cursors.get(name);
        if (cursor === undefined) {
          throw usageError({
            code: "unknown-tensor",
            message: `write(): the layout has no tensor ${quote(name)}`,
            where: path,
            hint: `it has ${[...cursors.keys()].slice(0, 20).map(quote).join(", ")}`,
          });
        }
        const bytes = bytesOf(data, cursor.entry.dtype, "write()", name);
        if (cursor.at + bytes.length > cursor.end) {
          throw usageError({
            code: "tensor-overfull",
            message: `write(): expected at most ${cursor.end - cursor.at} more bytes, got ${bytes.length}`,
            where: `${path}, tensor ${quote(name)}`,
          });
        }
        await writeFully(open, bytes, cursor.at);
        cursor.at += bytes.length;
      }),
    finish: () =>
      enqueue("finish()", async (open) => {
        for (const [name, cursor] of cursors) {
          if (cursor.at === cursor.end) continue;
          throw usageError({
            code: "tensor-incomplete",
            message: `finish(): ${cursor.end - cursor.at} bytes were never written`,
            where: `${path}, tensor ${quote(name)}`,
          });
        }
        await open.sync();
        await open.close();
        await fileSystem.rename(temporary, path);
        file = undefined;
      }),
    abort: async () => {
      await queue;
      await discard();
    },
  };
}
