import { readdir } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import { PlumblineError } from "@plumbline/core";
import { readJsonFile } from "@plumbline/core/node";
import { fileError } from "../../errors.ts";
import { createTokenizer } from "../../tokens/create-tokenizer.ts";
import type { Tokenizer } from "../../tokens/tokenizer.ts";

const isMissing = (error: unknown): boolean =>
  PlumblineError.isInstance(error) && error.code === "no-such-file";

type JsonFile = Readonly<Record<string, unknown>>;

async function readObject(path: string, maxBytes: number): Promise<JsonFile> {
  const value = await readJsonFile(path, { maxBytes });
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as JsonFile;
  throw fileError({
    code: "bad-tokenizer",
    message: "loadTokenizer(): expected a JSON object",
    where: path,
    hint: "the file is damaged or of another kind",
  });
}

async function readOptional(path: string, maxBytes: number): Promise<JsonFile | undefined> {
  return readObject(path, maxBytes).catch((error: unknown) => {
    if (isMissing(error)) return undefined;
    throw error;
  });
}

/** The error for a folder without `tokenizer.json`, which says how to come by one. */
async function noTokenizer(folder: string, cause: unknown): Promise<Error> {
  const names: readonly string[] = await readdir(folder).catch(() => []);
  const old = names.find((name) => /\.model$|^vocab\.(json|txt)$|^merges\.txt$/.test(name));
  return fileError({
    code: "no-tokenizer",
    message: `loadTokenizer(): expected tokenizer.json, got ${old === undefined ? "no such file" : `only ${old}, the older form`}`,
    where: folder,
    hint:
      old === undefined
        ? "download tokenizer.json and tokenizer_config.json of the model into this folder"
        : 'in Python: from transformers import AutoTokenizer; AutoTokenizer.from_pretrained("FOLDER").save_pretrained("FOLDER")',
    cause,
  });
}

/**
 * The tokenizer in a model's folder: `tokenizer.json`, and for the special tokens, as far as they are there,
 * `tokenizer_config.json`, `special_tokens_map.json` and `config.json`.
 *
 * @param options.maxBytes larger files are refused; 256 MiB by default
 * @throws PlumblineError (kind `input`) `no-tokenizer`, `bad-json`, `bad-tokenizer`, `file-too-large`
 * @example
 * import { mkdir, writeFile } from "node:fs/promises";
 * import { loadTokenizer } from "@plumbline/model-sources/node";
 *
 * await mkdir("tiny", { recursive: true });
 * const model = { type: "BPE", vocab: { a: 0, b: 1, ab: 2 }, merges: [["a", "b"]] };
 * await writeFile("tiny/tokenizer.json", JSON.stringify({ model }));
 * console.log((await loadTokenizer("tiny")).encode("ab")); // Int32Array(1) [ 2 ]
 */
export async function loadTokenizer(
  folder: string,
  options: { readonly maxBytes?: number } = {},
): Promise<Tokenizer> {
  const { maxBytes = 256 * 2 ** 20 } = options;
  const where = join(folder, "tokenizer.json");
  const tokenizer = await readObject(where, maxBytes).catch(async (error: unknown) => {
    throw isMissing(error) ? await noTokenizer(folder, error) : error;
  });
  const tokenizerConfig = await readOptional(join(folder, "tokenizer_config.json"), maxBytes);
  const specialTokensMap = await readOptional(join(folder, "special_tokens_map.json"), maxBytes);
  const config = await readOptional(join(folder, "config.json"), maxBytes);
  const files = {
    tokenizer,
    ...(tokenizerConfig === undefined ? {} : { tokenizerConfig }),
    ...(specialTokensMap === undefined ? {} : { specialTokensMap }),
    ...(config === undefined ? {} : { config }),
  };
  return createTokenizer(files, { name: basename(resolve(folder)), where });
}
