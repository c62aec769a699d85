import { stat } from "node:fs/promises";
import { join } from "node:path";
import { PlumblineError } from "@plumbline/core";
import { readJsonFile } from "@plumbline/core/node";
import { fileError } from "../../errors.ts";
import { createTokenizer, type Tokenizer } from "../../tokens/tokenizer.ts";

/** Largest tokenizers of public models take some 30 MB. */
const maxBytes = 256 * 2 ** 20;

async function readIfThere(path: string): Promise<unknown> {
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined && found.size > maxBytes) {
    throw fileError({
      code: "limit-exceeded",
      message: `loadTokenizer(): expected a file of at most ${maxBytes} bytes, got ${found.size}`,
      where: path,
    });
  }
  try {
    return await readJsonFile(path, { maxBytes });
  } catch (error) {
    if (PlumblineError.isInstance(error) && error.code === "no-such-file") return undefined;
    throw error;
  }
}

/**
 * The tokenizer of a model's folder: `tokenizer.json`, `tokenizer_config.json` and `special_tokens_map.json`.
 *
 * @throws PlumblineError (kind `input`) `no-tokenizer`, `bad-tokenizer`, `bad-json`, `limit-exceeded`
 */
export async function loadTokenizer(folder: string): Promise<Tokenizer> {
  const where = join(folder, "tokenizer.json");
  const tokenizer = await readIfThere(where);
  if (tokenizer === undefined) {
    throw fileError({
      code: "no-tokenizer",
      message: "loadTokenizer(): expected tokenizer.json beside the model, found none",
      where,
      hint: 'copy it from the model\'s page, or write one with Python: AutoTokenizer.from_pretrained("<name>").save_pretrained("<folder>")',
    });
  }
  const config = await readIfThere(join(folder, "tokenizer_config.json"));
  const specialTokens = await readIfThere(join(folder, "special_tokens_map.json"));
  return createTokenizer({ tokenizer, config, specialTokens }, where);
}
