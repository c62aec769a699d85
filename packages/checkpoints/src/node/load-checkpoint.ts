import { join } from "node:path";
import { type InferenceForm, PlumblineError } from "@plumbline/core";
import { type FileSystem, nodeFileSystem, readJsonFile } from "@plumbline/core/node";
import { checkpointError } from "../errors.ts";
import {
  assembleForm,
  formDescriptionName,
  formTensorsName,
  readFormDescription,
} from "../inference-file.ts";
import { maxDescriptionBytes } from "../json-fields.ts";
import {
  assembleState,
  readStateDescription,
  stateDescriptionName,
  stateTensorsName,
  type TrainingState,
} from "../training-file.ts";
import { loadTensorFile } from "./tensor-file-on-disk.ts";

/** How a function complains where the description that it needs is not there. */
interface Missing {
  readonly from: string;
  readonly code: string;
  readonly message: string;
  /** file whose presence says that this is a checkpoint, but without that half */
  readonly other: string;
  readonly hint: string;
}

async function readDescription(
  path: string,
  name: string,
  missing: Missing,
  fileSystem: FileSystem,
): Promise<unknown> {
  try {
    return await readJsonFile(join(path, name), { fileSystem, maxBytes: maxDescriptionBytes });
  } catch (cause) {
    if (!PlumblineError.isInstance(cause) || !["no-such-file", "not-a-folder"].includes(cause.code))
      throw cause;
    const hasOther = await fileSystem.stat(join(path, missing.other)).then(
      () => true,
      () => false,
    );
    throw checkpointError({
      code: hasOther ? missing.code : "no-such-checkpoint",
      kind: "input",
      message: hasOther
        ? missing.message
        : `${missing.from}: expected the folder of a checkpoint, found none`,
      where: path,
      hint: hasOther ? missing.hint : "check the path: a checkpoint is a folder that holds sae.json",
      cause,
    });
  }
}

/**
 * Loads the SAE of a checkpoint; nothing in its files is trusted.
 *
 * @param path the checkpoint's folder
 * @throws PlumblineError (kind `input`) `no-such-checkpoint`, `no-inference-form` where only a training state was saved,
 *   `missing-file`, and those of `decodeInferenceForm`
 */
export async function loadInferenceForm(
  path: string,
  options: { fileSystem?: FileSystem } = {},
): Promise<InferenceForm> {
  const { fileSystem = nodeFileSystem } = options;
  const from = "loadInferenceForm()";
  const missing = {
    from,
    code: "no-inference-form",
    message: `${from}: expected ${formDescriptionName}, this checkpoint holds a training state only`,
    other: stateDescriptionName,
    hint: "the run had diverged when it was saved; take an earlier checkpoint",
  };
  const content = await readDescription(path, formDescriptionName, missing, fileSystem);
  const { form, tensors } = readFormDescription(content, { from, where: join(path, formDescriptionName) });
  const place = { from, where: join(path, formTensorsName) };
  return assembleForm(form, await loadTensorFile(tensors, { ...place, fileSystem }), place);
}

/**
 * Loads the training state of a checkpoint, exact to the bit; nothing in its files is trusted.
 *
 * @param path the checkpoint's folder
 * @throws PlumblineError (kind `input`) `no-such-checkpoint`, `no-training-state` where only the SAE was saved,
 *   `missing-file`, and those of `decodeTrainingState`
 */
export async function loadTrainingState(
  path: string,
  options: { fileSystem?: FileSystem } = {},
): Promise<TrainingState> {
  const { fileSystem = nodeFileSystem } = options;
  const from = "loadTrainingState()";
  const missing = {
    from,
    code: "no-training-state",
    message: `${from}: expected ${stateDescriptionName}, this checkpoint holds an SAE only`,
    other: formDescriptionName,
    hint: "it can be used and measured, but not resumed",
  };
  const content = await readDescription(path, stateDescriptionName, missing, fileSystem);
  const described = { from, where: join(path, stateDescriptionName) };
  const { engine, trainer, tensors } = readStateDescription(content, described);
  const place = { from, where: join(path, stateTensorsName) };
  const arrays = await loadTensorFile(tensors, { ...place, fileSystem });
  return { engine: assembleState(engine, arrays, place), trainer };
}
