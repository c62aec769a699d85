import type { FloatDtype } from "@plumbline/safetensors";
import { fileError, quote } from "../errors.ts";
import { createLiteralScanner, type LiteralScanner } from "./literal-scanner.ts";

/** What a `.npy` file may ask of its reader before it is refused. */
export interface NpyLimits {
  /** length of the header text, in bytes */
  readonly maxHeaderBytes: number;
  /** axes of the array; NumPy itself stops at 64 */
  readonly maxRank: number;
}

/** The header of a plain array is shorter than 200 bytes, whatever its shape. */
export const defaultNpyLimits: NpyLimits = Object.freeze({ maxHeaderBytes: 65_536, maxRank: 64 });

/** What a `.npy` header says of an array that this package reads: floats in C order. */
export interface NpyHeader {
  readonly dtype: FloatDtype;
  readonly shape: readonly number[];
}

/** Bytes that say how long the header is: magic, version, length. */
export const npyPrefixBytes = 12;

const magic = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];

/**
 * Where the header text of a `.npy` file lies.
 *
 * @param first the file's first {@link npyPrefixBytes} bytes, or all of a shorter file
 * @throws PlumblineError (kind `input`) `not-npy`, `unknown-npy-version`, `limit-exceeded`, `truncated-file`
 * @source numpy/lib/format.py: versions 1.0 (length in 2 bytes), 2.0 and 3.0 (in 4 bytes)
 */
export function npyHeaderRange(
  first: Uint8Array,
  options: { fileBytes: number; where: string; limits: NpyLimits },
): { start: number; length: number } {
  const { fileBytes, where, limits } = options;
  if (first.length < 10 || magic.some((byte, i) => first[i] !== byte)) {
    throw fileError({
      code: "not-npy",
      message: 'npy(): expected the file to begin with "\\x93NUMPY" and a version',
      where: `${where}, byte 0`,
      hint: "write the file with numpy.save()",
    });
  }
  const [major, minor] = [first[6] ?? 0, first[7]];
  if (major < 1 || major > 3 || minor !== 0) {
    throw fileError({
      code: "unknown-npy-version",
      message: `npy(): expected format version 1.0, 2.0 or 3.0, got ${major}.${minor}`,
      where: `${where}, byte 6`,
    });
  }
  const start = major === 1 ? 10 : 12;
  const view = new DataView(first.buffer, first.byteOffset, first.byteLength);
  if (first.length < start) throw truncated(fileBytes, start, where);
  const length = major === 1 ? view.getUint16(8, true) : view.getUint32(8, true);
  if (length > limits.maxHeaderBytes) {
    throw fileError({
      code: "limit-exceeded",
      message: `npy(): expected a header of at most ${limits.maxHeaderBytes} bytes, the file says ${length}`,
      where: `${where}, byte 8`,
      hint: "is this an array of plain floats? If so, raise limits.maxHeaderBytes",
    });
  }
  if (start + length > fileBytes) throw truncated(fileBytes, start + length, where);
  return { start, length };
}

function truncated(got: number, expected: number, where: string): Error {
  return fileError({
    code: "truncated-file",
    message: `npy(): expected at least ${expected} bytes, got ${got}`,
    where,
    hint: "the file was cut short; copy it again",
  });
}

function readShape(scanner: LiteralScanner, maxRank: number): number[] {
  const shape: number[] = [];
  scanner.take("(", "the shape");
  while (!scanner.next(")")) {
    if (shape.length === maxRank)
      scanner.fail(`expected at most ${maxRank} axes`, { code: "limit-exceeded" });
    shape.push(scanner.integer("a size"));
    if (!scanner.next(",")) break;
    scanner.take(",", "the shape");
  }
  scanner.take(")", "the shape");
  return shape;
}

/** Types that numpy.save() writes for floats on a little-endian machine. */
const dtypes: ReadonlyMap<string, FloatDtype> = new Map([
  ["<f2", "F16"],
  ["<f4", "F32"],
  ["<f8", "F64"],
]);

function readDtype(scanner: LiteralScanner): FloatDtype {
  if (scanner.next("[")) {
    scanner.fail("expected an array of plain floats, got records with fields", {
      code: "unsupported-dtype",
      hint: "save one field: numpy.save(path, array['field'])",
    });
  }
  const descr = scanner.string("descr");
  const dtype = dtypes.get(descr);
  if (dtype !== undefined) return dtype;
  const kinds: readonly [RegExp, string][] = [
    [/^>f/, "big-endian floats"],
    [/^[<>|]?[iub]/, "integers or booleans"],
    [/^[<>|]V2$/, "2-byte values of unknown meaning (bfloat16?)"],
    [/^[<>|]c/, "complex numbers"],
    [/^\|?O/, "Python objects, which only Python could load"],
    [/^[<>|][SU]/, "text"],
  ];
  const kind = kinds.find(([pattern]) => pattern.test(descr))?.[1] ?? "something else";
  return scanner.fail(`expected descr "<f4", "<f8" or "<f2", got ${quote(descr)}: ${kind}`, {
    code: "unsupported-dtype",
    hint: "save floats: numpy.save(path, array.astype('<f4'))",
  });
}

/**
 * Reads the header text of a `.npy` file: a Python dict with `descr`, `fortran_order` and `shape`. Nothing is evaluated.
 *
 * @param text the header's bytes
 * @param options.dataBytes length of what follows it, which must be just what the shape and dtype take
 * @param options.start position of the header in the file, for messages
 * @throws PlumblineError (kind `input`) `bad-header`, `unsupported-dtype`, `fortran-order`, `size-mismatch`, `limit-exceeded`
 */
export function parseNpyHeader(
  text: Uint8Array,
  options: { start: number; dataBytes: number; where: string; limits: NpyLimits },
): NpyHeader {
  const { start, dataBytes, where, limits } = options;
  const scanner = createLiteralScanner(text, { where, start });
  let dtype: FloatDtype | undefined;
  let shape: number[] | undefined;
  let fortranOrder: boolean | undefined;
  scanner.take("{", "the header");
  while (!scanner.next("}")) {
    const key = scanner.string("a key");
    scanner.take(":", "the header");
    if (key === "descr" && dtype === undefined) dtype = readDtype(scanner);
    else if (key === "fortran_order" && fortranOrder === undefined) fortranOrder = scanner.boolean(key);
    else if (key === "shape" && shape === undefined) shape = readShape(scanner, limits.maxRank);
    else scanner.fail(`expected descr, fortran_order and shape, once each, got ${quote(key)}`);
    if (!scanner.next(",")) break;
    scanner.take(",", "the header");
  }
  scanner.take("}", "the header");
  scanner.end();
  if (dtype === undefined || shape === undefined || fortranOrder === undefined) {
    return scanner.fail("expected descr, fortran_order and shape");
  }
  if (fortranOrder) {
    scanner.fail("expected rows one after the other (C order), got columns (Fortran order)", {
      code: "fortran-order",
      hint: "save it as numpy.save(path, numpy.ascontiguousarray(array))",
    });
  }
  const itemBytes = { F16: 2n, BF16: 2n, F32: 4n, F64: 8n }[dtype];
  const expected = shape.reduce((product, size) => product * BigInt(size), itemBytes);
  if (expected !== BigInt(dataBytes)) {
    scanner.fail(
      `shape (${shape.join(", ")}) of ${dtype} takes ${expected} bytes, the file has ${dataBytes} after its header`,
      { code: "size-mismatch", hint: "the file was cut short or holds more than one array" },
    );
  }
  return { dtype, shape };
}
