import { createReadStream } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import type { S3Client } from "@aws-sdk/client-s3";
import { PlumblineError } from "@plumbline/core";
import { storeError } from "../../errors.ts";
import { explainS3Error, statusOf } from "./s3-errors.ts";

/** Objects of one bucket, addressed by their URLs. */
export interface S3Objects {
  /** bytes of an object; `undefined` where there is none */
  size(url: string): Promise<number | undefined>;
  /** Bytes `start` … `end − 1`. */
  read(url: string, start: number, end: number): Promise<Uint8Array>;
  /** Stores a text, or a local file with its checksum. */
  put(url: string, content: string | UploadedFile): Promise<void>;
  /** URLs of the objects below `prefix`, as of files in a folder */
  list(prefix: string): Promise<readonly string[]>;
  remove(url: string): Promise<void>;
  close(): void;
}

export interface UploadedFile {
  readonly path: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** The most that one request may store. */
const uploadBytes = 5 * 2 ** 30;
/** Waits before something is tried again; then it is given up. */
const waitsMs = [200, 1000];
/** A server that is there accepts a connection at once, and an idle one is no use. */
const timeouts = { connectionTimeout: 10_000, requestTimeout: 60_000 };

/** Without a logger the client writes to the console; what goes wrong is in the errors. */
const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };
function ignore(): void {}

type Library = typeof import("@aws-sdk/client-s3");

async function loadLibrary(): Promise<Library> {
  try {
    return await import("@aws-sdk/client-s3");
  } catch (cause) {
    throw storeError({
      code: "package-missing",
      kind: "environment",
      message: "S3 storage: the package @aws-sdk/client-s3 is not installed",
      hint: "npm install @aws-sdk/client-s3",
      cause,
    });
  }
}

/** Splits `s3://bucket/key`. @throws PlumblineError (kind `usage`) `bad-url` */
export function parseS3Url(url: string): { Bucket: string; Key: string } {
  const [, Bucket, Key] = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])\/(.*[^/])\/*$/.exec(url) ?? [];
  if (Bucket !== undefined && Key !== undefined) return { Bucket, Key };
  throw storeError({
    code: "bad-url",
    kind: "usage",
    message: "S3 storage: expected s3://bucket/prefix",
    where: url,
    hint: "a store needs a prefix of its own in the bucket",
  });
}

function createClient(library: Library): S3Client {
  const { AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL, AWS_REGION, AWS_DEFAULT_REGION } = process.env;
  const endpoint = AWS_ENDPOINT_URL_S3 ?? AWS_ENDPOINT_URL;
  // Servers that are not Amazon's know no regions, but requests are signed with one.
  const region = AWS_REGION ?? AWS_DEFAULT_REGION ?? (endpoint === undefined ? undefined : "us-east-1");
  return new library.S3Client({
    ...(endpoint !== undefined && { endpoint, forcePathStyle: true }),
    ...(region !== undefined && { region }),
    requestHandler: timeouts,
    logger: silent,
    // Checksums are our own: SHA-256 of whole files. Many servers do not know those that would be added.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  });
}

/** Does something with the storage; what the client does not try again by itself, bodies that broke off, is tried anew. */
async function attempt<R>(url: string, work: () => Promise<R>): Promise<R> {
  for (let i = 0; ; i++) {
    try {
      return await work();
    } catch (error) {
      if (PlumblineError.isInstance(error)) throw error;
      const status = statusOf(error) ?? 500;
      const wait = waitsMs[i];
      const isRefused = (error as { code?: string }).code === "ECONNREFUSED";
      if (wait === undefined || isRefused || (status >= 300 && status < 500))
        throw explainS3Error(error, url);
      await sleep(wait);
    }
  }
}

async function fetchRange(
  client: S3Client,
  library: Library,
  url: string,
  range: { readonly start: number; readonly end: number },
): Promise<Uint8Array> {
  const { start, end } = range;
  const Range = `bytes=${start}-${end - 1}`;
  const { Body } = await client.send(new library.GetObjectCommand({ ...parseS3Url(url), Range }));
  const bytes = (await Body?.transformToByteArray()) ?? new Uint8Array();
  if (bytes.length === end - start) return bytes;
  throw Object.assign(new Error(`expected ${end - start} bytes, got ${bytes.length}`), {
    name: "TruncatedBody",
  });
}

async function upload(
  client: S3Client,
  library: Library,
  url: string,
  content: string | UploadedFile,
): Promise<void> {
  const target = parseS3Url(url);
  if (typeof content === "string") {
    await client.send(new library.PutObjectCommand({ ...target, Body: content }));
    return;
  }
  const { path, bytes, sha256 } = content;
  if (bytes > uploadBytes) {
    throw storeError({
      code: "shard-too-large",
      kind: "usage",
      message: `S3 storage: expected files of at most ${uploadBytes} bytes, got ${bytes}`,
      where: url,
      hint: "lower rowsPerShard",
    });
  }
  const Body = createReadStream(path);
  try {
    // The storage compares the checksum with what it has received.
    const ChecksumSHA256 = Buffer.from(sha256, "hex").toString("base64");
    const put = { ...target, Body, ContentLength: bytes, ChecksumSHA256 };
    await client.send(new library.PutObjectCommand(put));
  } finally {
    Body.destroy();
  }
}

async function listAll(client: S3Client, library: Library, prefix: string): Promise<readonly string[]> {
  const { Bucket, Key } = parseS3Url(prefix);
  const Prefix = `${Key}/`;
  const urls: string[] = [];
  let token: string | undefined;
  do {
    const page = { Bucket, Prefix, ...(token !== undefined && { ContinuationToken: token }) };
    const answer = await client.send(new library.ListObjectsV2Command(page));
    for (const found of answer.Contents ?? []) urls.push(`s3://${Bucket}/${found.Key}`);
    token = answer.IsTruncated ? answer.NextContinuationToken : undefined;
  } while (token !== undefined);
  return urls;
}

/**
 * Connects to S3-compatible storage: endpoint, region and credentials as the AWS tools find them.
 *
 * @param place URL of what will be read or written, checked before anything is asked
 * @throws PlumblineError (kind `environment`) `package-missing`; its functions throw `storage-away`, `storage-failed`,
 *   `no-permission`, `no-credentials`, and (kind `usage`) `no-such-bucket`, `bad-url`
 */
export async function openS3Objects(place: string): Promise<S3Objects> {
  parseS3Url(place);
  const library = await loadLibrary();
  const client = createClient(library);
  return {
    size: (url) =>
      attempt(url, async () => {
        try {
          const { ContentLength } = await client.send(new library.HeadObjectCommand(parseS3Url(url)));
          return ContentLength ?? 0;
        } catch (error) {
          if (statusOf(error) !== 404) throw error;
          // The answer does not say whether it is the object or the bucket that is missing; this one does.
          await listAll(client, library, url);
          return undefined;
        }
      }),
    read: (url, start, end) => attempt(url, () => fetchRange(client, library, url, { start, end })),
    put: (url, content) => attempt(url, () => upload(client, library, url, content)),
    list: (prefix) => attempt(prefix, () => listAll(client, library, prefix)),
    remove: (url) =>
      attempt(url, async () => {
        await client.send(new library.DeleteObjectCommand(parseS3Url(url)));
      }),
    close: () => client.destroy(),
  };
}
