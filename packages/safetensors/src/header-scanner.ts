import { fileError, quote } from "./errors.ts";

/** Reads the few JSON tokens that a safetensors header is made of, from bytes, with exact positions in its errors. */
export interface HeaderScanner {
  /** bytes read so far */
  position(): number;
  /** after any white space: is this the next byte? It is not taken. */
  next(character: string): boolean;
  /** takes one punctuation character */
  take(character: string, inside: string): void;
  /** takes a string of at most `maxBytes` as stored */
  string(what: string, maxBytes: number): string;
  /** takes an integer in 0 … 2^53 − 1, written with digits only */
  integer(what: string): number;
  /** nothing but white space may be left */
  end(): void;
  fail(message: string, code?: string): never;
}

const quoteByte = 0x22;
const backslash = 0x5c;
const isSpace = (byte: number | undefined): boolean =>
  byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
const isDigit = (byte: number | undefined): boolean => byte !== undefined && byte >= 0x30 && byte <= 0x39;

/**
 * A scanner over the header's bytes. `JSON.parse` will not do here: it takes the last of two equal keys, rounds large
 * integers and accepts `1e3`, so that two readers could see two different files in the same bytes.
 *
 * @param where the file, for messages; positions are counted from its start, 8 bytes before the header
 */
export function createHeaderScanner(bytes: Uint8Array, where: string): HeaderScanner {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  let at = 0;

  const fail = (message: string, code = "bad-header"): never => {
    throw fileError({ code, message: `parseHeader(): ${message}`, where: `${where}, byte ${8 + at}` });
  };
  const skipSpace = (): void => {
    while (isSpace(bytes[at])) at++;
  };
  const found = (): string => {
    const byte = bytes[at];
    return byte === undefined ? "the end of the header" : quote(String.fromCharCode(byte));
  };
  const next = (character: string): boolean => {
    skipSpace();
    return bytes[at] === character.charCodeAt(0);
  };
  const take = (character: string, inside: string): void => {
    if (!next(character)) fail(`expected ${quote(character)} in ${inside}, got ${found()}`);
    at++;
  };
  const string = (what: string, maxBytes: number): string => {
    if (!next('"')) fail(`expected ${what} (a string), got ${found()}`);
    const start = at;
    const end = closingQuote(bytes, start);
    if (end >= bytes.length) fail(`${what} is a string without an end`);
    if (end - start - 1 > maxBytes) {
      fail(`expected ${what} of at most ${maxBytes} bytes, got ${end - start - 1}`, "limit-exceeded");
    }
    let text = "";
    try {
      text = JSON.parse(decoder.decode(bytes.subarray(start, end + 1)));
    } catch {
      fail(`${what} is not a valid JSON string in UTF-8`);
    }
    if (/\p{Surrogate}/u.test(text)) fail(`${what} holds half of a surrogate pair`);
    at = end + 1;
    return text;
  };
  const integer = (what: string): number => {
    skipSpace();
    const start = at;
    while (isDigit(bytes[at]) && at - start < 17) at++;
    const digits = String.fromCharCode(...bytes.subarray(start, at));
    const value = Number(digits);
    const wrong = digits === "" || (digits.length > 1 && digits.startsWith("0"));
    // A fraction, an exponent or a seventeenth digit: none of them belongs to an integer below 2^53.
    if (wrong || !Number.isSafeInteger(value) || /[\d.eE+-]/.test(String.fromCharCode(bytes[at] ?? 0))) {
      at = start;
      fail(`expected ${what} (an integer from 0 to 2^53 - 1), got ${quote(snippet(bytes, start))}`);
    }
    return value;
  };
  const end = (): void => {
    skipSpace();
    if (at < bytes.length) fail(`expected nothing after the closing brace, got ${found()}`);
  };
  return { position: () => at, next, take, string, integer, end, fail };
}

/** Position of the quote that ends a string; past the end where there is none. */
function closingQuote(bytes: Uint8Array, start: number): number {
  let end = start + 1;
  while (end < bytes.length && bytes[end] !== quoteByte) end += bytes[end] === backslash ? 2 : 1;
  return end;
}

/** The next few bytes, up to a separator. */
function snippet(bytes: Uint8Array, start: number): string {
  const text = String.fromCharCode(...bytes.subarray(start, start + 24));
  return text.split(/[,\]}\s]/, 1)[0] ?? "";
}
