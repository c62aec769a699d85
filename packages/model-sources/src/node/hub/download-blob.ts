import { createHash, type Hash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type { PlumblineError } from "@plumbline/core";
import { explainFileError, type FileSystem, writeFileAtomically } from "@plumbline/core/node";
import { throwIfAborted } from "../../errors.ts";
import { hubError, pageOf } from "./hub-errors.ts";
import type { HubFile } from "./hub-listing.ts";
import { chunksOf, type HubSession } from "./hub-session.ts";

/** Between two reports of progress. */
const reportEveryBytes = 4 * 2 ** 20;

interface DownloadOptions {
  readonly session: HubSession;
  readonly commit: string;
  /** where the content goes */
  readonly path: string;
  readonly signal: AbortSignal | undefined;
  readonly report: (nBytes: number) => void;
  readonly fileSystem?: FileSystem;
}

function brokenDownload(file: HubFile, got: string, cause?: unknown): PlumblineError {
  return hubError({
    code: "broken-download",
    kind: "environment",
    message: `expected ${file.nBytes} bytes with the digest ${file.digest.hex}, ${got}`,
    where: file.path,
    hint: "run again; what was whole is kept, this file was not",
    ...(cause === undefined ? {} : { cause }),
  });
}

/** A hash with which the content gives the digest that the Hub names. */
function startHash({ digest, nBytes }: HubFile): Hash {
  return digest.algorithm === "sha256" ? createHash("sha256") : createHash("sha1").update(`blob ${nBytes}\0`);
}

function addressOf(file: HubFile, { session, commit }: DownloadOptions): string {
  const path = file.path.split("/").map(encodeURIComponent).join("/");
  return `${pageOf(session)}/resolve/${commit}/${path}`;
}

/** The body, chunk by chunk; what is not exactly the wanted file ends in an error, so that no name is given to it. */
async function* checkedBody(
  response: Response,
  file: HubFile,
  options: DownloadOptions,
): AsyncGenerator<Uint8Array> {
  const { signal, report } = options;
  const hash = startHash(file);
  let nBytes = 0;
  let reported = 0;
  try {
    for await (const chunk of chunksOf(response)) {
      nBytes += chunk.length;
      if (nBytes > file.nBytes) throw brokenDownload(file, "got more");
      hash.update(chunk);
      yield chunk;
      throwIfAborted(signal, "resolveModelFolder()");
      if (nBytes - reported < reportEveryBytes) continue;
      reported = nBytes;
      report(nBytes);
    }
  } catch (error) {
    throwIfAborted(signal, "resolveModelFolder()");
    if (!(error instanceof TypeError)) throw error;
    throw brokenDownload(file, `the connection ended after ${nBytes} bytes`, error);
  }
  if (nBytes < file.nBytes) throw brokenDownload(file, `got ${nBytes} bytes`);
  const hex = hash.digest("hex");
  if (hex !== file.digest.hex) throw brokenDownload(file, `got one with the digest ${hex}`);
  report(nBytes);
}

/**
 * Downloads a file to `path`, which either holds all of it afterwards, its digest checked, or is not there.
 *
 * @throws PlumblineError (kind `environment`) `broken-download`, `disk-full`, `no-permission`, `hub-unreachable`,
 *   `hub-unavailable`, `hub-unauthorized`, `hub-gated`; (kind `interrupted`) `interrupted`
 */
export async function downloadBlob(file: HubFile, options: DownloadOptions): Promise<void> {
  const { session, path, fileSystem } = options;
  const response = await session.get(addressOf(file, options), {
    // Content-Length and what arrives are to be those of the file.
    headers: { "accept-encoding": "identity" },
  });
  try {
    await mkdir(dirname(path), { recursive: true });
    const content = checkedBody(response, file, options);
    await writeFileAtomically(path, content, fileSystem === undefined ? {} : { fileSystem });
  } catch (error) {
    throw explainFileError(error, "resolveModelFolder()", path);
  } finally {
    if (response.body?.locked === false) await response.body.cancel().catch(() => undefined);
  }
}
