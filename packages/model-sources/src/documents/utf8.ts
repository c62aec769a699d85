import { fileError } from "../errors.ts";

/** What happens to bytes that are not UTF-8: an error that names the first, or U+FFFD in their place. */
export type InvalidUtf8 = "error" | "replace";

/** Length of the sequence that a first byte announces, and the range of its second byte; undefined where none may start so. */
function sequenceOf(first: number): { length: number; from: number; to: number } | undefined {
  if (first < 0x80) return { length: 1, from: 0, to: 0 };
  if (first >= 0xc2 && first <= 0xdf) return { length: 2, from: 0x80, to: 0xbf };
  if (first >= 0xe0 && first <= 0xef) {
    return { length: 3, from: first === 0xe0 ? 0xa0 : 0x80, to: first === 0xed ? 0x9f : 0xbf };
  }
  if (first >= 0xf0 && first <= 0xf4) {
    return { length: 4, from: first === 0xf0 ? 0x90 : 0x80, to: first === 0xf4 ? 0x8f : 0xbf };
  }
  return undefined;
}

/**
 * Index of the first byte that does not belong to a whole UTF-8 character; −1 where all do.
 *
 * @source The Unicode Standard 15.0, table 3-7
 */
export function firstInvalidUtf8(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const sequence = sequenceOf(bytes[at] ?? 0);
    if (sequence === undefined) return at;
    const { length, from, to } = sequence;
    for (let i = 1; i < length; i++) {
      const byte = bytes[at + i];
      if (byte === undefined || byte < (i === 1 ? from : 0x80) || byte > (i === 1 ? to : 0xbf)) return at;
    }
    at += length;
  }
  return -1;
}

/** Size of a text in UTF-8; a lone surrogate counts as the replacement character, which it becomes. */
export function utf8Bytes(text: string): number {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) count += 1;
    else if (unit < 0x800) count += 2;
    else if ((unit & 0xfc00) === 0xd800 && (text.charCodeAt(i + 1) & 0xfc00) === 0xdc00) {
      count += 4;
      i++;
    } else count += 3;
  }
  return count;
}

// A byte order mark inside a file is a character like others; that at a file's start is dropped before.
const strict = { fatal: true, ignoreBOM: true };
const lenient = { fatal: false, ignoreBOM: true };

/**
 * Text from bytes of a file.
 *
 * @param context.offset place of the first byte in the file, for messages
 * @throws PlumblineError (kind `input`) `invalid-utf8` with the offset of the byte, where `invalidUtf8` is `error`
 */
export function decodeUtf8(
  bytes: Uint8Array,
  context: { readonly where: string; readonly offset?: number; readonly invalidUtf8: InvalidUtf8 },
): string {
  const { where, offset = 0, invalidUtf8 } = context;
  if (invalidUtf8 === "replace") return new TextDecoder("utf-8", lenient).decode(bytes);
  try {
    return new TextDecoder("utf-8", strict).decode(bytes);
  } catch (cause) {
    const at = firstInvalidUtf8(bytes);
    throw fileError({
      code: "invalid-utf8",
      message: `readDocuments(): expected UTF-8, got byte 0x${(bytes[at] ?? 0).toString(16).padStart(2, "0")} that does not fit`,
      where: `${where}, byte ${offset + at}`,
      hint: 'save the text as UTF-8, or pass invalidUtf8: "replace"',
      cause,
    });
  }
}
