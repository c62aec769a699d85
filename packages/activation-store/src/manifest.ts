import { storeError } from "./errors.ts";
import { type JsonFields, readFields } from "./json-fields.ts";

export const storeFormat = "plumbline-activations";
/** The version that is written; version 1 had float32 only and no statistics of single shards. */
export const storeVersion = 2;
export const manifestName = "store.json";
export const statisticsName = "statistics.safetensors";

/** What a manifest may ask of its reader before it is refused. */
export const storeLimits: {
  readonly maxWidth: number;
  readonly maxRows: number;
  readonly maxShards: number;
} = Object.freeze({
  // 64 times the residual stream of the widest public models.
  maxWidth: 2 ** 20,
  // Rows are numbered with 32 bits.
  maxRows: 2 ** 32 - 1,
  // As many as a manifest of 16 MiB, the limit of its file, can describe.
  maxShards: 100_000,
});

/** How activations are stored; they are read as float32 whatever it is. */
export type StoreDtype = "F32" | "F16" | "BF16";

/** Bytes of one value. */
export const bytesPerValue: Readonly<Record<StoreDtype, number>> = Object.freeze({ F32: 4, F16: 2, BF16: 2 });

export const storeDtypes: readonly StoreDtype[] = ["F32", "F16", "BF16"];

/** A file beside the manifest. */
export interface StoreFile {
  /** name in the store's folder, without a path */
  readonly file: string;
  readonly bytes: number;
  /** lower-case hexadecimal, of the whole file */
  readonly sha256: string;
}

/**
 * One shard: tensor `activations` `[nRows, dIn]` of the store's dtype, and `tokenIds`, `positions` I32 `[nRows]` where the
 * store has them.
 */
export interface StoreShard extends StoreFile {
  readonly nRows: number;
  /** mean of ‖x‖² over the rows of the shard, as stored; absent in stores of version 1 */
  readonly meanSquaredNorm?: number;
}

/** What `store.json` says. */
export interface StoreManifest {
  readonly format: typeof storeFormat;
  /** 2 is what is written; stores of version 1 are read as well */
  readonly version: 1 | typeof storeVersion;
  /** name of the source that it was written from */
  readonly source: string;
  readonly hookPoint?: string;
  readonly dIn: number;
  readonly dtype: StoreDtype;
  readonly nRows: number;
  /** whether shards hold the token of each row */
  readonly tokenIds: boolean;
  /** whether shards hold the position of each row */
  readonly positions: boolean;
  readonly provenance: Readonly<Record<string, string | number | boolean>>;
  /** the file holds the tensor `mean` F32 `[dIn]`, and from version 2 on `shardMeans` F32 `[nShards, dIn]` */
  readonly statistics: StoreFile & { readonly meanSquaredNorm: number };
  /** in the order of the rows */
  readonly shards: readonly StoreShard[];
}

/** The text of `store.json`; keys in a fixed order, those of `provenance` sorted. */
export function encodeStoreManifest(manifest: StoreManifest): string {
  const { version, source, hookPoint, dIn, dtype, nRows, tokenIds, positions, statistics } = manifest;
  const provenance = Object.entries(manifest.provenance).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [key, value] of provenance) {
    if (typeof value === "string" || typeof value === "boolean" || Number.isFinite(value)) continue;
    throw storeError({
      code: "bad-provenance",
      kind: "bug",
      message: `encodeStoreManifest(): provenance.${key} is ${value}, expected text, a finite number, true or false`,
    });
  }
  const plain: StoreManifest = {
    format: storeFormat,
    version,
    source,
    ...(hookPoint !== undefined && { hookPoint }),
    dIn,
    dtype,
    nRows,
    tokenIds,
    positions,
    provenance: Object.fromEntries(provenance),
    statistics: {
      file: statistics.file,
      bytes: statistics.bytes,
      sha256: statistics.sha256,
      meanSquaredNorm: statistics.meanSquaredNorm,
    },
    shards: manifest.shards.map(({ file, nRows, bytes, sha256, meanSquaredNorm }) => ({
      file,
      nRows,
      bytes,
      sha256,
      ...(meanSquaredNorm !== undefined && { meanSquaredNorm }),
    })),
  };
  return `${JSON.stringify(plain, null, 2)}\n`;
}

/** The format and its version, before anything else is looked at. */
function checkFormat(value: unknown, where: string): void {
  const { format, version } = (value ?? {}) as { format?: unknown; version?: unknown };
  if (format !== storeFormat) {
    throw storeError({
      code: "foreign-format",
      kind: "input",
      message: `parseStoreManifest(): this is not the manifest of an activation store, expected "format": "${storeFormat}"`,
      where,
      hint: "is this the right folder?",
    });
  }
  if (version !== 1 && version !== storeVersion) {
    throw storeError({
      code: "foreign-version",
      kind: "input",
      message: `parseStoreManifest(): expected version 1 or ${storeVersion}, got ${JSON.stringify(version)?.slice(0, 80)}`,
      where,
      hint: "the store was written by another version of Plumbline; update @plumbline/activation-store or write it again",
    });
  }
}

function readFile(fields: JsonFields): StoreFile {
  const file = fields.text("file");
  // No separators, no drive, no hidden files: a name can only mean a file in the store's own folder.
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,120}\.safetensors$/.test(file)) {
    fields.fail("file", "the plain name of a .safetensors file in the store's folder");
  }
  const bytes = fields.count("bytes", 1, Number.MAX_SAFE_INTEGER);
  const sha256 = fields.text("sha256");
  if (!/^[0-9a-f]{64}$/.test(sha256)) fields.fail("sha256", "64 lower-case hexadecimal digits");
  return { file, bytes, sha256 };
}

function readProvenance(fields: JsonFields): StoreManifest["provenance"] {
  const entries = Object.entries(fields.object("provenance"));
  for (const [, value] of entries) {
    if (["string", "number", "boolean"].includes(typeof value)) continue;
    fields.fail("provenance", "text, numbers, true or false as values");
  }
  return Object.fromEntries(entries) as StoreManifest["provenance"];
}

function readDtype(fields: JsonFields, version: 1 | 2): StoreDtype {
  const known = version === 1 ? storeDtypes.slice(0, 1) : storeDtypes;
  const found = fields.text("dtype");
  return known.find((dtype) => dtype === found) ?? fields.fail("dtype", `one of ${known.join(", ")}`);
}

/** Shards, checked against the totals and against each other. */
function readShards(
  fields: JsonFields,
  totals: { where: string; rowBytes: number; nRows: number; taken: string; version: 1 | 2 },
): readonly StoreShard[] {
  const names = new Set([totals.taken]);
  let nRows = 0;
  const shards = fields.list("shards", storeLimits.maxShards).map((value, i) => {
    const shard = readFields(value, { where: totals.where, path: `shards.${i}` });
    const count = shard.count("nRows", 1, storeLimits.maxRows);
    const file = readFile(shard);
    const norm = totals.version === 1 ? {} : { meanSquaredNorm: shard.amount("meanSquaredNorm") };
    shard.end();
    if (names.has(file.file)) shard.fail("file", "a file of its own for each shard");
    if (file.bytes < count * totals.rowBytes) {
      shard.fail("bytes", `at least ${count} rows of ${totals.rowBytes} bytes`);
    }
    names.add(file.file);
    nRows += count;
    return { ...file, nRows: count, ...norm };
  });
  if (nRows !== totals.nRows) fields.fail("nRows", `${nRows} rows, the sum over shards`);
  return shards;
}

/**
 * Checks the parsed content of a `store.json`; nothing in it is trusted.
 *
 * @param value parsed JSON
 * @param options.where the file, for messages
 * @throws PlumblineError (kind `input`) `foreign-format`, `foreign-version`, `bad-manifest` naming the key
 */
export function parseStoreManifest(value: unknown, options: { where: string }): StoreManifest {
  const { where } = options;
  checkFormat(value, where);
  const fields = readFields(value, { where });
  fields.text("format");
  const version = fields.count("version", 1, storeVersion) === 1 ? 1 : storeVersion;
  const source = fields.text("source");
  const hookPoint = fields.optionalText("hookPoint");
  const dIn = fields.count("dIn", 1, storeLimits.maxWidth);
  const dtype = readDtype(fields, version);
  const nRows = fields.count("nRows", 1, storeLimits.maxRows);
  const tokenIds = fields.flag("tokenIds");
  const positions = fields.flag("positions");
  const provenance = readProvenance(fields);
  const about = readFields(fields.object("statistics"), { where, path: "statistics" });
  const statistics = { ...readFile(about), meanSquaredNorm: about.amount("meanSquaredNorm") };
  about.end();
  const rowBytes = bytesPerValue[dtype] * dIn + 4 * (Number(tokenIds) + Number(positions));
  const shards = readShards(fields, { where, rowBytes, nRows, taken: statistics.file, version });
  fields.end();
  return {
    format: storeFormat,
    version,
    source,
    ...(hookPoint !== undefined && { hookPoint }),
    dIn,
    dtype,
    nRows,
    tokenIds,
    positions,
    provenance,
    statistics,
    shards,
  };
}
