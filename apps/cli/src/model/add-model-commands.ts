import { type Action, type Program, realNumber, repeated, wholeNumber } from "@plumbline/extract/terminal";
import type { DetectFlags } from "../detect/detect-command.ts";
import type { SteerFlags } from "../steer/steer-flags.ts";
import { addModelFlags, addTextFlags } from "./model-flags.ts";

type Command = Program["command"];

function addBackendFlags(command: Command): Command {
  return command
    .option("--backend <name>", '"auto", or one that "plumbline list backends" names')
    .option("--plugin <module>", "plugin module: a path or a package name; repeatable", repeated);
}

/** Adds the commands that use an SAE in its running model. */
export function addModelCommands(program: Program): void {
  const steer = addModelFlags(
    program.command
      .command("steer")
      .description("what a model goes on with, as it is and with latents changed")
      .argument("<run|checkpoint>", "folder of a run (its latest checkpoint) or of a checkpoint"),
  )
    .option("--prompt <text>", "text to go on from")
    .option("--add <latent=amount>", "add this many times the latent's direction; repeatable", repeated)
    .option("--clamp <latent=value>", "make the latent this value; repeatable", repeated)
    .option("--scale <latent=factor>", "multiply the latent; repeatable", repeated)
    .option("--ablate <latent>", "take the latent out; repeatable", repeated)
    .option("--generated-only", "leave the prompt as it is, but for its last token")
    .option("--new-tokens <n>", "tokens to add, 32 by default", wholeNumber)
    .option("--temperature <t>", "0, the most likely token, by default", realNumber)
    .option("--seed <n>", "of what is drawn", wholeNumber)
    .option("--logits", "the most likely next tokens instead of text")
    .option("--top <n>", "with --logits: how many, 10 by default", wholeNumber);
  const runSteer: Action<SteerFlags> = async (context) =>
    (await import("../steer/steer-command.ts")).steer(context);
  program.action<SteerFlags>(addBackendFlags(steer), runSteer);

  const detect = addTextFlags(
    addModelFlags(
      program.command
        .command("detect")
        .description("which latents fire on which token of a text")
        .argument("<run|checkpoint>", "folder of a run (its latest checkpoint) or of a checkpoint"),
    ),
  )
    .option("--prompt <text>", "a text to look at, instead of documents")
    .option(
      "--latent <n[=threshold]>",
      "look for this latent only, above its threshold; repeatable",
      repeated,
    )
    .option("--threshold <value>", "report what is above it, 0 by default", realNumber)
    .option("--top <n>", "strongest latents of each token at most", wholeNumber);
  const runDetect: Action<DetectFlags> = async (context) =>
    (await import("../detect/detect-command.ts")).detect(context);
  program.action<DetectFlags>(addBackendFlags(detect), runDetect);
}
