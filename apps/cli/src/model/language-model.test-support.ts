import { cp, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const fixture = fileURLToPath(new URL("../../../../fixtures/onnx/llama/", import.meta.url));

/** One token a word; `w2` is 2. */
const words = ["<s>", "</s>", ...Array.from({ length: 62 }, (_, i) => `w${i + 2}`)];

const tokenizer = {
  version: "1.0",
  added_tokens: [
    { id: 0, content: "<s>", special: true },
    { id: 1, content: "</s>", special: true },
  ],
  normalizer: null,
  pre_tokenizer: { type: "WhitespaceSplit" },
  post_processor: null,
  decoder: { type: "WordPiece", prefix: "##", cleanup: false },
  model: {
    type: "WordPiece",
    unk_token: "<s>",
    continuing_subword_prefix: "##",
    max_input_chars_per_word: 100,
    vocab: Object.fromEntries(words.map((word, id) => [word, id])),
  },
};

/** Where the SAEs of these tests belong. */
export const hookPoint = "blocks.1.hook_resid_pre";

/** A folder with a tiny language model, a text of 40 documents, and an extraction's configuration. */
export async function modelWorkshop(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "plumbline-model-"));
  await cp(fixture, join(folder, "model"), { recursive: true });
  await writeFile(join(folder, "model", "tokenizer.json"), JSON.stringify(tokenizer));
  await writeFile(
    join(folder, "model", "tokenizer_config.json"),
    JSON.stringify({ bos_token: "<s>", eos_token: "</s>" }),
  );
  const texts = Array.from({ length: 40 }, (_, line) =>
    Array.from({ length: 9 }, (_, i) => `w${2 + ((line * 7 + i * i * 3 + i) % 62)}`).join(" "),
  );
  await writeFile(join(folder, "text.jsonl"), texts.map((text) => `${JSON.stringify({ text })}\n`).join(""));
  const source = {
    name: "onnx",
    model: "model",
    hookPoints: hookPoint,
    text: { path: "text.jsonl" },
    tokens: { contextLength: 16 },
    perRun: 2,
  };
  await writeFile(join(folder, "extract.json"), JSON.stringify({ source, out: "store" }));
  return folder;
}
