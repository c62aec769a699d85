import { fileError } from "../errors.ts";

/** A line of a file, as bytes. */
export interface ByteLine {
  /** without the line's end */
  readonly bytes: Uint8Array;
  /** from 1 */
  readonly line: number;
  /** of its first byte in the file */
  readonly offset: number;
}

/** The error for a document that would not fit into memory. */
export function documentTooLarge(where: string, maxDocumentBytes: number): Error {
  return fileError({
    code: "limit-exceeded",
    message: `readDocuments(): expected at most ${maxDocumentBytes} bytes in a document, got more`,
    where,
    hint: "split the text, or raise maxDocumentBytes",
  });
}

/** Bytes that arrive in pieces, up to a limit, as one array. */
function createCollector(limit: number, where: () => string) {
  let parts: Uint8Array[] = [];
  let length = 0;
  return {
    add(part: Uint8Array): void {
      length += part.length;
      if (length > limit) throw documentTooLarge(where(), limit);
      if (part.length > 0) parts.push(part);
    },
    /** all that was added since the last call; a copy where it came in several pieces */
    take(): Uint8Array {
      const [only, ...more] = parts;
      let whole = only ?? new Uint8Array(0);
      if (more.length > 0) {
        whole = new Uint8Array(length);
        let at = 0;
        for (const part of parts) {
          whole.set(part, at);
          at += part.length;
        }
      }
      parts = [];
      length = 0;
      return whole;
    },
    get isEmpty(): boolean {
      return length === 0;
    },
  };
}

const newline = 0x0a;
const carriageReturn = 0x0d;

/** The bytes of a file without its byte order mark, which may come in pieces. */
export async function* withoutByteOrderMark(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<{ bytes: Uint8Array; offset: number }> {
  const mark = [0xef, 0xbb, 0xbf];
  let held = new Uint8Array(0);
  let offset = 0;
  let started = false;
  for await (const chunk of chunks) {
    if (started) {
      yield { bytes: chunk, offset };
      offset += chunk.length;
      continue;
    }
    const taken = 3 - held.length;
    held = Uint8Array.from([...held, ...chunk.subarray(0, taken)]);
    const rest = chunk.subarray(taken);
    if (held.length < 3) continue;
    started = true;
    const isMark = mark.every((byte, i) => held[i] === byte);
    const first = isMark ? rest : Uint8Array.from([...held, ...rest]);
    offset = isMark ? 3 : 0;
    yield { bytes: first, offset };
    offset += first.length;
  }
  if (!started && held.length > 0) yield { bytes: held, offset: 0 };
}

/**
 * The lines of a file. `\n` and `\r\n` end a line; the last needs no end.
 *
 * @throws PlumblineError (kind `input`) `limit-exceeded` where a line has more than `maxBytes`
 */
export async function* splitLines(
  chunks: AsyncIterable<Uint8Array>,
  options: { readonly maxBytes: number; readonly where: string },
): AsyncGenerator<ByteLine> {
  const { maxBytes, where } = options;
  let line = 1;
  let lineStart: number | undefined;
  const collector = createCollector(maxBytes, () => `${where}:${line}`);
  const finished = (): ByteLine => {
    const bytes = collector.take();
    const end = bytes.at(-1) === carriageReturn ? bytes.length - 1 : bytes.length;
    const done = { bytes: bytes.subarray(0, end), line, offset: lineStart ?? 0 };
    line++;
    return done;
  };
  for await (const { bytes, offset } of withoutByteOrderMark(chunks)) {
    lineStart ??= offset;
    let from = 0;
    for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, from)) {
      collector.add(bytes.subarray(from, at));
      yield finished();
      from = at + 1;
      lineStart = offset + from;
    }
    collector.add(bytes.subarray(from));
  }
  if (!collector.isEmpty) yield finished();
}

/** A whole file as one array. @throws PlumblineError (kind `input`) `limit-exceeded` */
export async function collectBytes(
  chunks: AsyncIterable<Uint8Array>,
  options: { readonly maxBytes: number; readonly where: string },
): Promise<{ bytes: Uint8Array; offset: number }> {
  const collector = createCollector(options.maxBytes, () => options.where);
  let start: number | undefined;
  for await (const { bytes, offset } of withoutByteOrderMark(chunks)) {
    start ??= offset;
    collector.add(bytes);
  }
  return { bytes: collector.take(), offset: start ?? 0 };
}
