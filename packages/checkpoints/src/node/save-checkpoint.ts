import { join } from "node:path";
import { type EngineState, type InferenceForm, type JsonObject, PlumblineError } from "@plumbline/core";
import {
  createFolderAtomically,
  type FileSystem,
  nodeFileSystem,
  writeFileAtomically,
} from "@plumbline/core/node";
import { checkpointError } from "../errors.ts";
import { checkedArraysOf, describeForm, formDescriptionName, formTensorsName } from "../inference-file.ts";
import { maxDescriptionBytes } from "../json-fields.ts";
import type { Arrays, TensorFile } from "../tensor-file.ts";
import {
  checkedStateArrays,
  describeState,
  stateDescriptionName,
  stateTensorsName,
} from "../training-file.ts";
import { saveTensorFile } from "./tensor-file-on-disk.ts";

/** What a checkpoint holds. */
export interface CheckpointContent {
  readonly form: InferenceForm;
  /** exact training state; without it the checkpoint can be used but not resumed */
  readonly engine?: EngineState;
  /** the trainer's own state; only together with `engine` */
  readonly trainer?: JsonObject;
}

export interface SaveCheckpointOptions {
  /**
   * what to do where the form holds NaN or an infinity: `refuse`, or save the training state alone (`state-only`), so that
   * a diverged run can be looked at
   */
  readonly whenNotFinite?: "refuse" | "state-only";
  readonly fileSystem?: FileSystem;
}

/** What {@link saveCheckpoint} wrote. */
export interface SavedCheckpoint {
  /** names in the folder, sorted */
  readonly files: readonly string[];
}

const from = "saveCheckpoint()";

function checkContent({ form, engine, trainer }: CheckpointContent): void {
  const problem =
    engine === undefined
      ? trainer !== undefined && "expected an engine state together with the trainer's"
      : (engine.dIn !== form.dIn || engine.dSae !== form.dSae) &&
        `expected one SAE, got a form of ${form.dIn} × ${form.dSae} and an engine state of ${engine.dIn} × ${engine.dSae}`;
  if (problem === false) return;
  throw checkpointError({ code: "bad-checkpoint", kind: "bug", message: `${from}: ${problem}` });
}

/** The form's arrays, or nothing where it is not finite and the state will do. */
function formArrays(content: CheckpointContent, options: SaveCheckpointOptions): Arrays | undefined {
  try {
    return checkedArraysOf(content.form, from);
  } catch (error) {
    const notFinite = PlumblineError.isInstance(error) && error.code === "not-finite";
    if (notFinite && options.whenNotFinite === "state-only" && content.engine !== undefined) return undefined;
    throw error;
  }
}

function checkedText(text: string, file: string): string {
  if (new TextEncoder().encode(text).length <= maxDescriptionBytes) return text;
  throw checkpointError({
    code: "description-too-large",
    kind: "bug",
    message: `${from}: expected at most ${maxDescriptionBytes} bytes in ${file}`,
    hint: "keep large data in arrays, not in JSON",
  });
}

/**
 * Saves a checkpoint as a new folder that appears whole or not at all:
 *
 * - `sae.safetensors`, `sae.json`: the SAE as it is used and shared;
 * - `trainer.safetensors`, `trainer.json`: what training needs to go on, exact to the bit.
 *
 * The bytes depend on the content only: no clock, no path, no host.
 *
 * @param path must not exist; its parents are made
 * @throws PlumblineError `output-exists`, `not-finite` (kind `diverged`) naming tensor, row and column, `bad-checkpoint`,
 *   those of `encodeInferenceForm` and `encodeTrainingState`, `disk-full`, `no-permission`
 * @example
 * import { loadInferenceForm, saveCheckpoint } from "@plumbline/checkpoints/node";
 *
 * const form = {
 *   dIn: 2,
 *   dSae: 1,
 *   encoder: Float32Array.of(1, 0),
 *   encoderBias: Float32Array.of(0),
 *   decoder: Float32Array.of(1, 0),
 *   decoderBias: Float32Array.of(0, 0),
 *   subtractDecoderBias: true,
 *   activation: { kind: "topk", k: 1 },
 *   madeBy: { architecture: "topk", config: { k: 1 } },
 * } as const;
 * await saveCheckpoint("step-00000100", { form });
 * console.log((await loadInferenceForm("step-00000100")).activation); // { kind: 'topk', k: 1 }
 */
export async function saveCheckpoint(
  path: string,
  content: CheckpointContent,
  options: SaveCheckpointOptions = {},
): Promise<SavedCheckpoint> {
  const { fileSystem = nodeFileSystem } = options;
  checkContent(content);
  const { form, engine, trainer = {} } = content;
  const arrays = formArrays(content, options);
  const stateArrays = engine === undefined ? undefined : checkedStateArrays(engine, from);
  return createFolderAtomically(
    path,
    async (folder) => {
      const files: string[] = [];
      const save = async (
        names: { readonly tensors: string; readonly description: string },
        data: Arrays,
        describe: (tensors: TensorFile) => string,
      ): Promise<void> => {
        const tensors = await saveTensorFile(folder, names.tensors, data, fileSystem);
        const text = checkedText(describe(tensors), names.description);
        await writeFileAtomically(join(folder, names.description), text, { fileSystem });
        files.push(names.description, names.tensors);
      };
      if (arrays !== undefined) {
        const names = { tensors: formTensorsName, description: formDescriptionName };
        await save(names, arrays, (tensors) => describeForm(form, tensors));
      }
      if (engine !== undefined && stateArrays !== undefined) {
        const names = { tensors: stateTensorsName, description: stateDescriptionName };
        await save(names, stateArrays, (tensors) => describeState(engine, trainer, tensors));
      }
      return { files: files.sort() };
    },
    { fileSystem },
  );
}
