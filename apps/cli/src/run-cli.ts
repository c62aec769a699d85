import { describeExtract } from "@plumbline/extract";
import {
  type Action,
  createProgram,
  type Io,
  type Program,
  realNumber,
  repeated,
  repeatedNumber,
  wholeNumber,
} from "@plumbline/extract/terminal";
import type { AlignmentFlags } from "./alignment/alignment-command.ts";
import type { CompareFlags } from "./compare/compare-command.ts";
import type { PresetFlags } from "./config/preset-command.ts";
import type { SchemaFlags } from "./config/schema-command.ts";
import type { DoctorFlags } from "./doctor/doctor-command.ts";
import type { EvalFlags } from "./eval/eval-command.ts";
import type { ListFlags } from "./list/list-command.ts";
import type { MetaFlags } from "./meta/check-flags.ts";
import { addModelCommands } from "./model/add-model-commands.ts";
import { addModelFlags, addTextFlags } from "./model/model-flags.ts";
import type { StabilityFlags } from "./stability/stability-command.ts";
import type { TrainFlags } from "./train/resolve-train-config.ts";
import { version } from "./version.ts";

/** Loads a command's code when it runs: help and refusals need no tensor library. */
function lazily<Flags>(load: () => Promise<Action<Flags>>): Action<Flags> {
  return async (context) => (await load())(context);
}

const pluginFlag = [
  "--plugin <module>",
  "plugin module: a path or a package name; repeatable",
  repeated,
] as const;

function addTrain(program: Program): void {
  const command = program.command
    .command("train")
    .description("train an SAE on a store of activations, or several on one pass over it")
    .argument("[config...]", "configurations: JSON with comments, or modules with a default export")
    .option("--set <key=value>", "change one key of the configuration; repeatable", repeated)
    .option("--activations <store>", "folder of the store to learn from")
    .option("--backend <name>", '"auto", or one that "plumbline list backends" names')
    .option("--seed <n>", "root of all randomness", wholeNumber)
    .option("--max-tokens <n>", "tokens to train on", wholeNumber)
    .option(
      "--out <folder>",
      "folder of the run to make; of several configurations, the folder that holds their runs",
    )
    .option("--control", "also train each without its meta SAE, on the same batches, beside it")
    .option("--resume <run>", "go on with a run from its latest checkpoint")
    .option("--dry-run", "open everything, take one step, say time and memory; write nothing");
  program.action<TrainFlags>(
    command,
    lazily(async () => (await import("./train/train-command.ts")).train),
  );
}

/** Flags of commands that may measure which latents live. */
function addFiringFlags(command: Program["command"]): Program["command"] {
  return command
    .option(
      "--activations <store>",
      "store to measure on which latents live; without it nothing is said of them",
    )
    .option("--tokens <n>", "measure on the first n tokens only", wholeNumber)
    .option("--backend <name>", '"auto", or one that "plumbline list backends" names')
    .option(...pluginFlag);
}

function addMeasuring(program: Program): void {
  const evaluate = program.command
    .command("eval")
    .description("measure trained SAEs on held-out activations, or spliced into their model")
    .argument("<run|checkpoint...>", "folders of runs (their latest checkpoints) or of checkpoints")
    .option("--activations <store>", "folder of the store to measure on")
    .option("--tokens <n>", "measure on the first n tokens only", wholeNumber)
    .option("--backend <name>", '"auto", or one that "plumbline list backends" names')
    .option("--peers", "also what other libraries print of the same, each formula under a name of its own")
    .option("--cooccurrence", "also φ over all pairs of latents")
    .option("--saebench <folder>", "also write a core result of SAEBench there")
    .option("--per-latent", "with --json: firings and alignment score of every latent")
    .option(...pluginFlag);
  addTextFlags(addModelFlags(evaluate));
  program.action<EvalFlags>(
    evaluate,
    lazily(async () => (await import("./eval/eval-command.ts")).evaluate),
  );
  const alignment = addFiringFlags(
    program.command
      .command("alignment")
      .description("say how encoder and decoder directions agree: scores, modes, leakage")
      .argument("<run|checkpoint>", "folder of a run (its latest checkpoint) or of a checkpoint")
      .option("--svg <file>", "also draw the histogram of scores"),
  );
  program.action<AlignmentFlags>(
    alignment,
    lazily(async () => (await import("./alignment/alignment-command.ts")).alignment),
  );
  const stability = addFiringFlags(
    program.command
      .command("stability")
      .description("compare the dictionaries of several seeds, and how alike they began")
      .argument("<run|checkpoint...>", "at least two")
      .option("--threshold <cosine>", "a match counts above it, 0.7 by default", realNumber)
      .option("--rank <n>", "also compare the n leading directions; repeatable", repeatedNumber)
      .option("--centred", "also compare decoder rows less their mean")
      .option(
        "--no-start",
        "leave out the comparison of step 0, which needs the stores that the runs learned from",
      ),
  );
  program.action<StabilityFlags>(
    stability,
    lazily(async () => (await import("./stability/stability-command.ts")).stability),
  );
}

function addComparing(program: Program): void {
  const compare = program.command
    .command("compare")
    .description("measure two SAEs on the same tokens: what a changes against the reference b")
    .argument("<a>", "run (its latest checkpoint) or checkpoint, as one trained with a meta SAE")
    .argument("<b>", "the reference, as its control")
    .requiredOption("--activations <store>", "folder of the store to measure on")
    .option("--tokens <n>", "measure on the first n tokens only", wholeNumber)
    .option("--backend <name>", '"auto", or one that "plumbline list backends" names')
    .option("--threshold <cosine>", "a match counts above it, 0.7 by default", realNumber)
    .option("--top <n>", "candidates for splitting and merging to name, 10 by default", wholeNumber)
    .option("--per-latent", "with --json: which latent of b each latent of a is paired with, and the cosine")
    .option(...pluginFlag);
  program.action<CompareFlags>(
    compare,
    lazily(async () => (await import("./compare/compare-command.ts")).compare),
  );
}

function addMeta(program: Program): void {
  const command = program.command
    .command("meta")
    .description("train a meta SAE on the decoder rows of an SAE: which meta latents make up a latent")
    .argument("<run|checkpoint>", "folder of a run (its latest checkpoint) or of a checkpoint")
    .option("--latent <n>", "say what this latent is made of; repeatable", repeatedNumber)
    .option("--meta <n>", "say what this meta latent is part of; repeatable", repeatedNumber)
    .option("--top <n>", "lines in each list, 10 by default", wholeNumber)
    .option("--dictionary-size <n>", "meta latents; or give --ratio", wholeNumber)
    .option("--ratio <x>", "meta latents for each latent, 0.05 by default", realNumber)
    .option("--k <n>", "meta latents of a latent on average, 4 by default", wholeNumber)
    .option("--steps <n>", "steps of training, 2000 by default", wholeNumber)
    .option("--lr <x>", "learning rate, 0.001 by default", realNumber)
    .option("--seed <n>", "root of all randomness, 0 by default", wholeNumber)
    .option(
      "--random-rows",
      "also explain as many random rows, to see what rows without structure give; twice the time",
    )
    .option("--labels <file>", "JSON object from latent numbers to text that is shown beside them")
    .option("--out <folder>", "save the meta SAE as a checkpoint, which takes decoder rows of norm 1")
    .option("--backend <name>", '"auto", or one that "plumbline list backends" names')
    .option(...pluginFlag);
  program.action<MetaFlags>(
    command,
    lazily(async () => (await import("./meta/meta-command.ts")).meta),
  );
}

function addLooking(program: Program): void {
  const inspect = program.command
    .command("inspect")
    .description("say what a store, checkpoint, run or safetensors file is: shapes, norms, problems")
    .argument("<path>");
  program.action<object>(
    inspect,
    lazily(async () => (await import("./inspect/inspect-command.ts")).inspect),
  );
  const list = program.command
    .command("list")
    .description(
      "name what is installed: architectures, backends, maps, metrics, presets, schedules, sources",
    )
    .argument("<what>", "architectures, backends, maps, metrics, presets, schedules or sources")
    .option(...pluginFlag);
  program.action<ListFlags>(
    list,
    lazily(async () => (await import("./list/list-command.ts")).list),
  );
  const doctor = program.command
    .command("doctor")
    .description("check Node, TensorFlow.js, memory, and train for a second on each backend")
    .option(...pluginFlag);
  program.action<DoctorFlags>(
    doctor,
    lazily(async () => (await import("./doctor/doctor-command.ts")).doctor),
  );
  const config = program.command.command("config").description("about configurations");
  const schema = config
    .command("schema")
    .description("print the JSON Schema of a configuration, for editors")
    .argument("[which]", "train or extract", "train")
    .option(...pluginFlag);
  program.action<SchemaFlags>(
    schema,
    lazily(async () => (await import("./config/schema-command.ts")).printSchema),
  );
  const preset = config
    .command("preset")
    .description("print a reference library's recipe as a training configuration")
    .argument("<name>", '"plumbline list presets" names them')
    .option("--d-in <n>", "width of the activations", wholeNumber)
    .option("--d-sae <n>", "latents in the dictionary; some learning rates depend on it", wholeNumber)
    .option("--steps <n>", "steps of training", wholeNumber);
  program.action<PresetFlags>(
    preset,
    lazily(async () => (await import("./config/preset-command.ts")).printPreset),
  );
}

function addDemo(program: Program, argv: readonly string[], plumbline: readonly string[]): void {
  const command = program.command
    .command("demo")
    .description("the whole way on a small real model: extract, train aligned and free, compare")
    .argument("[arguments...]", "handed on to the demonstration")
    .allowUnknownOption()
    .helpOption(false);
  program.action<object>(
    command,
    lazily(async () => {
      const { demo } = await import("./demo/demo-command.ts");
      // Everything behind the word is the demonstration's own, global flags too.
      return ({ io }) => demo(argv.slice(argv.indexOf("demo") + 1), { io, plumbline });
    }),
  );
}

/**
 * The command line of Plumbline.
 *
 * @param argv arguments without the program's name
 * @param io where it reads and writes; `@plumbline/extract/terminal` describes it
 * @param options.plumbline command that starts this program anew, for `demo`
 * @returns the exit code: 0 done, 1 bug, 2 usage or configuration, 3 input, 4 environment, 5 diverged, 130 and 143 stopped
 * @example
 * import { runCli } from "@plumbline/cli";
 *
 * const sink = { write: (text) => process.stdout.write(text) };
 * const exitCode = await runCli(["list", "maps"], { stdout: sink, stderr: sink, env: {}, cwd: process.cwd() });
 * console.log(exitCode); // 0
 */
export async function runCli(
  argv: readonly string[],
  io: Io,
  options: { plumbline?: readonly string[] } = {},
): Promise<number> {
  const program = createProgram({
    name: "plumbline",
    description: "Trains, measures and inspects sparse autoencoders, aligned ones above all.",
    version,
    io,
  });
  addDemo(program, argv, options.plumbline ?? []);
  describeExtract(program, program.command.command("extract"));
  addTrain(program);
  addMeasuring(program);
  addComparing(program);
  addMeta(program);
  addModelCommands(program);
  addLooking(program);
  return program.run(argv);
}
