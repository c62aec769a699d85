import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { PlumblineError } from "@plumbline/core";
import { expectedError } from "../terminal/expected-error.ts";

/** Longer than the context of any model that would be run this way. */
const maxTokens = 2 ** 17;
/** Largest number that an int32 tensor holds. */
const maxId = 2 ** 31 - 1;

function refuse(path: string, line: number, message: string): PlumblineError {
  return new PlumblineError({
    code: "bad-tokens",
    kind: "input",
    message: `[extract] tokens: ${message}`,
    where: `${path}:${line}`,
    hint: "write one JSON array of token ids on each line, as [12, 7, 431]",
  });
}

function parseLine(text: string, path: string, line: number): Int32Array {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse(path, line, "expected JSON");
  }
  if (!Array.isArray(value)) throw refuse(path, line, "expected an array of token ids");
  if (value.length === 0 || value.length > maxTokens) {
    throw refuse(path, line, `expected 1 to ${maxTokens} token ids, got ${value.length}`);
  }
  const wrong = value.findIndex((id) => !Number.isInteger(id) || id < 0 || id > maxId);
  if (wrong >= 0)
    throw refuse(path, line, `expected whole numbers from 0, got ${JSON.stringify(value[wrong])}`);
  return Int32Array.from(value as number[]);
}

/**
 * Sequences of token ids from a file with one JSON array a line; empty lines are passed over.
 *
 * @throws PlumblineError `bad-tokens` with the line, `no-such-file`
 */
export async function* readTokenSequences(path: string): AsyncGenerator<Int32Array> {
  const input = createReadStream(path, "utf8");
  let line = 0;
  try {
    for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      line++;
      if (text.trim() !== "") yield parseLine(text, path, line);
    }
  } catch (error) {
    throw expectedError(error);
  } finally {
    input.destroy();
  }
}

/** Number of tokens in the file; all of it is checked on the way. */
export async function countTokens(path: string): Promise<number> {
  let count = 0;
  for await (const ids of readTokenSequences(path)) count += ids.length;
  if (count === 0) throw refuse(path, 1, "expected at least one sequence");
  return count;
}
