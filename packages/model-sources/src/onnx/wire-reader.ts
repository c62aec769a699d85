import type { PlumblineError } from "@plumbline/core";
import { fileError } from "../errors.ts";
import type { ByteSource } from "./byte-source.ts";

/** Part of a {@link ByteSource}, from `start` up to but without `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** One field of a protobuf message. */
export interface WireField extends ByteRange {
  readonly number: number;
  /** of the wire format: 0 varint, 1 and 5 fixed, 2 bytes, text or message */
  readonly type: 0 | 1 | 2 | 5;
  /** what lies in the payload of type 2; empty otherwise */
  readonly payload: ByteRange;
  /** of type 0: the low 64 bits, signed */
  readonly varint: bigint;
}

export function corruptModel(source: ByteSource, offset: number, message: string): PlumblineError {
  return fileError({
    code: "corrupt-model",
    message: `not an ONNX model, or a damaged one: ${message}`,
    where: `${source.where}, byte ${offset}`,
    hint: "fetch or export the file anew; compare its size with the original's",
  });
}

const nothing: ByteRange = Object.freeze({ start: 0, end: 0 });
const longestVarint = 10;

/** A varint as two's complement, and where it ends. */
function readVarint(source: ByteSource, start: number, end: number): { value: bigint; end: number } {
  const bytes = source.read(start, Math.min(longestVarint, end - start));
  let value = 0n;
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    value |= BigInt(byte & 0x7f) << BigInt(7 * i);
    if (byte < 0x80) return { value: BigInt.asIntN(64, value), end: start + i + 1 };
  }
  throw corruptModel(source, start, "expected an integer of at most ten bytes, got none that ends");
}

function payloadOf(source: ByteSource, at: number, end: number): ByteRange {
  const length = readVarint(source, at, end);
  if (length.value < 0n || length.value > BigInt(end - length.end)) {
    throw corruptModel(
      source,
      at,
      `expected at most ${end - length.end} bytes to follow, got a length of ${length.value}`,
    );
  }
  return { start: length.end, end: length.end + Number(length.value) };
}

/**
 * The fields of a message, in their order in the file. Payloads are not read.
 *
 * @throws PlumblineError (kind `input`) `corrupt-model` naming the byte
 * @source the protobuf wire format, https://protobuf.dev/programming-guides/encoding
 */
export function* fieldsOf(source: ByteSource, range: ByteRange): Generator<WireField> {
  for (let start = range.start; start < range.end; ) {
    const tag = readVarint(source, start, range.end);
    const key = Number(BigInt.asUintN(32, tag.value));
    const number = key >>> 3;
    const type = key & 7;
    if (number === 0 || tag.value !== BigInt(key)) {
      throw corruptModel(source, start, `expected a field's number and type, got ${tag.value}`);
    }
    if (type === 0) {
      const { value, end } = readVarint(source, tag.end, range.end);
      yield { number, type, start, end, payload: nothing, varint: value };
      start = end;
    } else if (type === 2) {
      const payload = payloadOf(source, tag.end, range.end);
      yield { number, type, start, end: payload.end, payload, varint: 0n };
      start = payload.end;
    } else if (type === 1 || type === 5) {
      const end = tag.end + (type === 1 ? 8 : 4);
      if (end > range.end) throw corruptModel(source, start, "expected a number, got the end of its message");
      yield { number, type, start, end, payload: nothing, varint: 0n };
      start = end;
    } else {
      throw corruptModel(source, start, `expected a field of type 0, 1, 2 or 5, got ${type}`);
    }
  }
}

/** Longest name in a graph; exporters put whole module paths there, but not novels. */
const maxNameBytes = 65_536;

/** The text of a field. @throws PlumblineError `corrupt-model` where it is no UTF-8 or longer than any name */
export function textOf(source: ByteSource, field: WireField): string {
  const { start, end } = field.payload;
  if (field.type !== 2) throw corruptModel(source, field.start, "expected text, got a number");
  if (end - start > maxNameBytes) {
    throw corruptModel(source, start, `expected a name of at most ${maxNameBytes} bytes, got ${end - start}`);
  }
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(source.read(start, end - start));
  } catch {
    throw corruptModel(source, start, "expected a name in UTF-8");
  }
}

/** A whole number that a program can count with. */
export function integerOf(source: ByteSource, field: WireField): number {
  const value = Number(field.varint);
  if (field.type !== 0 || !Number.isSafeInteger(value)) {
    throw corruptModel(source, field.start, `expected an integer below 2^53, got ${field.varint}`);
  }
  return value;
}

/** Numbers of a repeated integer field, which writers may pack into one payload. */
export function* integersOf(source: ByteSource, field: WireField): Generator<bigint> {
  if (field.type === 0) yield field.varint;
  for (let at = field.payload.start; at < field.payload.end; ) {
    const { value, end } = readVarint(source, at, field.payload.end);
    yield value;
    at = end;
  }
}

/** All bytes of a field or payload. */
export const bytesOf = (source: ByteSource, { start, end }: ByteRange): Uint8Array =>
  source.read(start, end - start);
