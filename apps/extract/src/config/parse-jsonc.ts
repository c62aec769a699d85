import type { Json } from "@plumbline/core";

/** JSON with comments, and where in the text each key stands. */
export interface Jsonc {
  readonly value: Json;
  /** line, from 1, of the value at a path like `trainer.batchSize`; nothing for paths that are not in the text */
  lineOf(path: string): number | undefined;
}

/** What a text is refused with: what was expected, at which line and column (from 1). */
export class JsoncSyntaxError extends Error {
  override readonly name: string = "JsoncSyntaxError";
  readonly line: number;
  readonly column: number;
  constructor(message: string, at: { line: number; column: number }) {
    super(message);
    this.line = at.line;
    this.column = at.column;
  }
}

/** Deeper than any configuration; keeps hostile text from exhausting the stack. */
const maxDepth = 64;
const blank = /(?:[\s\uFEFF]|\/\/[^\n]*|\/\*[\s\S]*?\*\/)*/y;
const scalar = /"(?:[^"\\\n]|\\.)*"|-?\d[\d.eE+-]*|true|false|null/y;

class Parser {
  readonly #text: string;
  readonly #offsets = new Map<string, number>();
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): Jsonc {
    const value = this.#value("", 0);
    this.#skip();
    if (this.#at < this.#text.length) this.#fail("expected the end of the file");
    return {
      value,
      lineOf: (path) => {
        const offset = this.#offsets.get(path);
        return offset === undefined ? undefined : this.#place(offset).line;
      },
    };
  }

  #place(offset: number): { line: number; column: number } {
    const before = this.#text.slice(0, offset);
    return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
  }

  #fail(message: string): never {
    const found = this.#at >= this.#text.length ? "the end" : JSON.stringify(this.#text[this.#at]);
    throw new JsoncSyntaxError(`${message}, found ${found}`, this.#place(this.#at));
  }

  #skip(): void {
    blank.lastIndex = this.#at;
    blank.exec(this.#text);
    this.#at = blank.lastIndex;
  }

  /** Moves over `symbol` where it comes next. */
  #take(symbol: string): boolean {
    this.#skip();
    if (this.#text[this.#at] !== symbol) return false;
    this.#at++;
    return true;
  }

  #scalar(expected: string): Json {
    this.#skip();
    scalar.lastIndex = this.#at;
    const match = scalar.exec(this.#text)?.[0];
    if (match === undefined) this.#fail(`expected ${expected}`);
    try {
      const value = JSON.parse(match) as Json;
      this.#at += match.length;
      return value;
    } catch {
      return this.#fail(`expected ${expected}, not ${match}`);
    }
  }

  #value(path: string, depth: number): Json {
    if (depth > maxDepth) this.#fail(`expected at most ${maxDepth} levels`);
    if (this.#take("{")) return this.#object(path, depth);
    if (this.#take("[")) return this.#array(path, depth);
    return this.#scalar("a value");
  }

  #object(path: string, depth: number): Json {
    const entries: [string, Json][] = [];
    const seen = new Set<string>();
    while (!this.#take("}")) {
      if (entries.length > 0 && !this.#take(",")) this.#fail('expected "," or "}"');
      if (entries.length > 0 && this.#take("}")) break;
      this.#skip();
      const offset = this.#at;
      const key = this.#text[this.#at] === '"' ? String(this.#scalar("a key")) : this.#fail("expected a key");
      if (seen.has(key)) this.#fail(`key "${key}" stands twice`);
      seen.add(key);
      if (!this.#take(":")) this.#fail('expected ":"');
      const inner = path === "" ? key : `${path}.${key}`;
      this.#offsets.set(inner, offset);
      entries.push([key, this.#value(inner, depth + 1)]);
    }
    return Object.fromEntries(entries);
  }

  #array(path: string, depth: number): Json {
    const items: Json[] = [];
    while (!this.#take("]")) {
      if (items.length > 0 && !this.#take(",")) this.#fail('expected "," or "]"');
      if (items.length > 0 && this.#take("]")) break;
      this.#skip();
      const inner = path === "" ? String(items.length) : `${path}.${items.length}`;
      this.#offsets.set(inner, this.#at);
      items.push(this.#value(inner, depth + 1));
    }
    return items;
  }
}

/**
 * Parses JSON in which line and block comments and a comma after the last item are allowed.
 *
 * @throws JsoncSyntaxError with line and column
 */
export function parseJsonc(text: string): Jsonc {
  return new Parser(text).parse();
}
