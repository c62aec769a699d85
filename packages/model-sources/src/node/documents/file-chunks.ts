import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { PlumblineError } from "@plumbline/core";
import { explainFileError } from "@plumbline/core/node";
import { fileError } from "../../errors.ts";

/**
 * The bytes of a file in pieces, unpacked where it is compressed.
 *
 * @throws PlumblineError `no-such-file`, `no-permission`, `bad-gzip`
 */
export async function* fileChunks(path: string, gzip: boolean): AsyncGenerator<Uint8Array> {
  const input = createReadStream(path, { highWaterMark: 2 ** 18 });
  const unpacked = gzip ? createGunzip() : undefined;
  try {
    if (unpacked === undefined) {
      for await (const chunk of input) yield chunk as Uint8Array;
      return;
    }
    // An error of the file does not pass through a pipe by itself.
    input.on("error", (error) => unpacked.destroy(error));
    for await (const chunk of Readable.from(input.pipe(unpacked))) yield chunk as Uint8Array;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (PlumblineError.isInstance(error) || !code?.startsWith("Z_")) {
      throw explainFileError(error, "readDocuments()", path);
    }
    throw fileError({
      code: "bad-gzip",
      message: `readDocuments(): not a gzip file that can be unpacked: ${(error as Error).message}`,
      where: path,
      hint: "the file is damaged or cut short; copy it again",
      cause: error,
    });
  } finally {
    unpacked?.destroy();
    input.destroy();
  }
}
