import { PlumblineError } from "@plumbline/core";
import { readJsonFile } from "@plumbline/core/node";
import { plainText } from "./plain-text.ts";

/** A paragraph for each of 200,000 latents. */
const maxBytes = 64 * 2 ** 20;

/** What latents are about, by their numbers. */
export type Labels = ReadonlyMap<number, string>;

/** What a value is, for a message. */
function kindOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : `a ${typeof value}`;
}

/**
 * Reads labels: a JSON object from latent numbers to text.
 *
 * @param options `dSae`: latents there are; `shown`: the file as the reader would write it
 * @throws PlumblineError `bad-labels` with the key, and what reading a JSON file throws
 */
export async function readLabels(
  path: string,
  options: { readonly dSae: number; readonly shown: string },
): Promise<Labels> {
  const { dSae, shown } = options;
  const value = await readJsonFile(path, { maxBytes });
  const refuse = (expected: string, got: string, key?: string): PlumblineError =>
    new PlumblineError({
      code: "bad-labels",
      kind: "input",
      message: `[cli] --labels: expected ${expected}, got ${got}`,
      where: key === undefined ? shown : `${shown}, key "${plainText(key, { most: 40 })}"`,
      hint: 'write one object from latent numbers to text, as {"0": "months", "17": "question marks"}',
    });
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw refuse("an object", kindOf(value));
  const labels = new Map<number, string>();
  for (const [key, text] of Object.entries(value)) {
    const latent = Number(key);
    if (String(latent) !== key || !Number.isSafeInteger(latent) || latent < 0 || latent >= dSae)
      throw refuse(`a latent's number, 0 … ${dSae - 1}, as key`, "another", key);
    if (typeof text !== "string") throw refuse("text", kindOf(text), key);
    labels.set(latent, text);
  }
  return labels;
}
