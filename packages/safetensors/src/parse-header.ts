import { dtypeNames, isDtype, itemBytes, type SafetensorsDtype } from "./dtype.ts";
import { fileError, quote } from "./errors.ts";
import { createHeaderScanner, type HeaderScanner } from "./header-scanner.ts";
import { defaultLimits, type SafetensorsLimits } from "./limits.ts";
import { elementCount, type TensorEntry } from "./tensor-entry.ts";

/** What a header says: its tensors in the order of their bytes, and the file's free text. */
export interface SafetensorsHeader {
  readonly tensors: ReadonlyMap<string, TensorEntry>;
  /** `__metadata__`; empty where the file has none; an object without prototype */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Reads and checks a safetensors header: strict JSON, every tensor's bytes inside the data area, as long as its shape and
 * dtype say, and the data area covered without overlap or gap.
 *
 * @param headerJson the header's bytes, without the 8 bytes of its length
 * @param options.dataBytes length of what follows the header
 * @param options.where name of the file, for messages
 * @throws PlumblineError (kind `input`) `bad-header`, `duplicate-key`, `unknown-dtype`, `bad-tensor`, `bad-layout`, `limit-exceeded`
 * @source huggingface/safetensors, section "Format" of its README
 * @example
 * import { parseHeader } from "@plumbline/safetensors";
 *
 * const json = new TextEncoder().encode('{"x":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}');
 * console.log(parseHeader(json, { dataBytes: 8, where: "x.safetensors" }).tensors.get("x")?.shape); // [ 2 ]
 */
export function parseHeader(
  headerJson: Uint8Array,
  options: { dataBytes: number; where: string; limits?: Partial<SafetensorsLimits> },
): SafetensorsHeader {
  const { dataBytes, where } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const scanner = createHeaderScanner(headerJson, where);
  if (headerJson.length > limits.maxHeaderBytes) {
    scanner.fail(
      `expected a header of at most ${limits.maxHeaderBytes} bytes, got ${headerJson.length}`,
      "limit-exceeded",
    );
  }
  if (headerJson[0] !== 0x7b) scanner.fail('expected the header to begin with "{"');
  const tensors = new Map<string, TensorEntry>();
  let metadata: Record<string, string> | undefined;
  forEachKey(scanner, "the header", limits.maxNameBytes, (key) => {
    if (key === "__metadata__") {
      if (metadata !== undefined) scanner.fail('two keys "__metadata__"', "duplicate-key");
      metadata = readMetadata(scanner, limits);
      return;
    }
    if (tensors.has(key)) scanner.fail(`two tensors are named ${quote(key)}`, "duplicate-key");
    if (tensors.size === limits.maxTensors) {
      scanner.fail(`expected at most ${limits.maxTensors} tensors`, "limit-exceeded");
    }
    tensors.set(key, readTensor(scanner, key, limits));
  });
  scanner.end();
  return { tensors: checkLayout(tensors, dataBytes, where), metadata: metadata ?? Object.create(null) };
}

/** Walks over the comma-separated items between two brackets; `read` takes one item. */
function forEachItem(scanner: HeaderScanner, brackets: "{}" | "[]", inside: string, read: () => void): void {
  const [open = "", close = ""] = brackets;
  scanner.take(open, inside);
  if (!scanner.next(close)) {
    read();
    while (scanner.next(",")) {
      scanner.take(",", inside);
      read();
    }
  }
  scanner.take(close, inside);
}

/** Walks over one JSON object; `read` takes the value of each key. */
function forEachKey(
  scanner: HeaderScanner,
  inside: string,
  maxNameBytes: number,
  read: (key: string) => void,
): void {
  forEachItem(scanner, "{}", inside, () => {
    const key = scanner.string(`a key of ${inside}`, maxNameBytes);
    // No honest file has such a name, and code that copies names into plain objects would change their prototype.
    if (key === "__proto__") scanner.fail(`the name "__proto__" is refused in ${inside}`);
    scanner.take(":", inside);
    read(key);
  });
}

function readMetadata(scanner: HeaderScanner, limits: SafetensorsLimits): Record<string, string> {
  const metadata: Record<string, string> = Object.create(null);
  forEachKey(scanner, "__metadata__", limits.maxNameBytes, (key) => {
    if (key in metadata) scanner.fail(`two metadata keys ${quote(key)}`, "duplicate-key");
    metadata[key] = scanner.string(`the metadata value of ${quote(key)}`, limits.maxHeaderBytes);
  });
  return metadata;
}

function readIntegers(scanner: HeaderScanner, what: string, maxCount: number): number[] {
  const numbers: number[] = [];
  forEachItem(scanner, "[]", what, () => {
    if (numbers.length === maxCount) {
      scanner.fail(`expected at most ${maxCount} numbers in ${what}`, "limit-exceeded");
    }
    numbers.push(scanner.integer(`a number in ${what}`));
  });
  return numbers;
}

/** Room for `data_offsets` and any dtype; longer words are no part of the format. */
const maxFieldBytes = 64;

function readTensor(scanner: HeaderScanner, name: string, limits: SafetensorsLimits): TensorEntry {
  const tensor = `tensor ${quote(name)}`;
  const seen = new Set<string>();
  let dtype: SafetensorsDtype | undefined;
  let shape: number[] | undefined;
  let offsets: number[] | undefined;
  forEachKey(scanner, tensor, maxFieldBytes, (key) => {
    if (seen.has(key)) scanner.fail(`two keys ${quote(key)} in ${tensor}`, "duplicate-key");
    seen.add(key);
    if (key === "dtype") {
      const text = scanner.string(`the dtype of ${tensor}`, maxFieldBytes);
      if (!isDtype(text)) {
        return scanner.fail(
          `${tensor} has dtype ${quote(text)}, expected one of ${dtypeNames.join(", ")}`,
          "unknown-dtype",
        );
      }
      dtype = text;
    } else if (key === "shape") shape = readIntegers(scanner, `the shape of ${tensor}`, limits.maxRank);
    else if (key === "data_offsets") offsets = readIntegers(scanner, `the data_offsets of ${tensor}`, 2);
    else scanner.fail(`${tensor} has a key ${quote(key)}, expected dtype, shape and data_offsets only`);
  });
  const [byteStart, byteEnd] = offsets ?? [];
  if (dtype === undefined || shape === undefined || byteStart === undefined || byteEnd === undefined) {
    return scanner.fail(`${tensor} needs dtype, shape and two data_offsets`);
  }
  const nElements = elementCount(shape, dtype);
  if (nElements === undefined) {
    return scanner.fail(`${tensor} of shape [${shape.join(", ")}] is too large to exist`, "bad-tensor");
  }
  const expected = nElements * itemBytes(dtype);
  if (byteEnd - byteStart !== expected) {
    scanner.fail(
      `${tensor} of shape [${shape.join(", ")}] and dtype ${dtype} takes ${expected} bytes, its data_offsets [${byteStart}, ${byteEnd}] give ${byteEnd - byteStart}`,
      "bad-tensor",
    );
  }
  return { name, dtype, shape, byteStart, byteEnd };
}

/** Orders tensors by their bytes and makes sure that these cover the data area exactly. */
function checkLayout(
  tensors: ReadonlyMap<string, TensorEntry>,
  dataBytes: number,
  where: string,
): ReadonlyMap<string, TensorEntry> {
  const ordered = [...tensors.values()].sort((a, b) => a.byteStart - b.byteStart || a.byteEnd - b.byteEnd);
  let covered = 0;
  let previous = "";
  const fail = (message: string, name?: string): never => {
    const place = name === undefined ? where : `${where}, tensor ${quote(name)}`;
    throw fileError({ code: "bad-layout", message: `parseHeader(): ${message}`, where: place });
  };
  for (const { name, byteStart, byteEnd } of ordered) {
    if (byteStart < covered) {
      fail(
        `data byte ${byteStart} belongs to this tensor and to ${quote(previous)}, expected no overlap`,
        name,
      );
    }
    if (byteStart > covered) {
      fail(`data bytes ${covered} to ${byteStart} belong to no tensor, expected no gap`, name);
    }
    if (byteEnd > dataBytes) {
      fail(`expected data up to byte ${byteEnd}, the data area has ${dataBytes} bytes (truncated?)`, name);
    }
    covered = byteEnd;
    previous = name;
  }
  if (covered !== dataBytes) {
    fail(`the tensors take ${covered} bytes, the data area has ${dataBytes}, expected no bytes beyond them`);
  }
  return new Map(ordered.map((entry) => [entry.name, entry]));
}
