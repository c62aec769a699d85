import { fileError, quote } from "../errors.ts";

/** Reads the few Python literals that a `.npy` header is made of. */
export interface LiteralScanner {
  /** after any white space: does this text come next? It is not taken. */
  next(text: string): boolean;
  take(text: string, inside: string): void;
  /** a string in single or double quotes, without escapes */
  string(what: string): string;
  boolean(what: string): boolean;
  /** an integer from 0 to 2^53 − 1; Python 2 wrote a long one with an L */
  integer(what: string): number;
  /** only white space may be left */
  end(): void;
  fail(message: string, parts?: { code?: string; hint?: string }): never;
}

/** @param file name of the file and position of `bytes` in it, for messages */
export function createLiteralScanner(
  bytes: Uint8Array,
  file: { where: string; start: number },
): LiteralScanner {
  // Byte by byte: positions stay positions in the file, and no name outside ASCII means anything here.
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  let at = 0;

  const fail: LiteralScanner["fail"] = (message, parts = {}) => {
    throw fileError({
      code: "bad-header",
      hint: "write the file with numpy.save()",
      ...parts,
      message: `npy(): ${message}`,
      where: `${file.where}, byte ${file.start + at}`,
    });
  };
  const skipSpace = (): void => {
    while (at < text.length && " \t\r\n".includes(text[at] ?? "")) at++;
  };
  const found = (): string => (at < text.length ? quote(text.slice(at, at + 12)) : "the end of the header");
  const token = (pattern: RegExp, expected: string): string => {
    skipSpace();
    pattern.lastIndex = at;
    const matched = pattern.exec(text)?.[0];
    if (matched === undefined) return fail(`expected ${expected}, got ${found()}`);
    at += matched.length;
    return matched;
  };
  const next = (wanted: string): boolean => {
    skipSpace();
    return text.startsWith(wanted, at);
  };
  return {
    next,
    take: (wanted, inside) => {
      if (!next(wanted)) fail(`expected ${quote(wanted)} in ${inside}, got ${found()}`);
      at += wanted.length;
    },
    string: (what) => token(/'[^'\\\n]*'|"[^"\\\n]*"/y, `${what} (a quoted string)`).slice(1, -1),
    boolean: (what) => token(/True\b|False\b/y, `True or False for ${what}`) === "True",
    integer: (what) => {
      const expected = `${what} (an integer from 0 to 2^53 - 1)`;
      const digits = token(/(0|[1-9][0-9]{0,15})L?(?![\w.])/y, expected);
      const value = Number.parseInt(digits, 10);
      return Number.isSafeInteger(value) ? value : fail(`expected ${expected}, got ${digits}`);
    },
    end: () => {
      skipSpace();
      if (at < text.length) fail(`expected nothing more, got ${found()}`);
    },
    fail,
  };
}
