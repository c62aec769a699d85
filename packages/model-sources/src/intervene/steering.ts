import {
  type HookBatch,
  type InferenceForm,
  PlumblineError,
  type ReplaceActivations,
  type SaeInference,
  type SparseLatents,
} from "@plumbline/core";

/** A change of one latent at a hook point. */
export type LatentEdit = {
  readonly latent: number;
} & (
  | {
      /** adds `amount` times the latent's decoder row, whatever the latent's value; in the units of the activations */
      readonly kind: "add";
      readonly amount: number;
    }
  | {
      /** makes the latent this value: adds the difference times its decoder row */
      readonly kind: "clamp";
      readonly value: number;
    }
  | {
      /** takes the latent out: the same as clamping it to 0 */
      readonly kind: "ablate";
    }
  | {
      /** multiplies the latent: adds (factor − 1) times its value times its decoder row */
      readonly kind: "scale";
      readonly factor: number;
    }
);

/** Value of a latent on each row. */
function valuesOf(latents: SparseLatents, latent: number): Float32Array {
  const values = new Float32Array(latents.nRows);
  for (let row = 0; row < latents.nRows; row++) {
    const end = latents.rowStarts[row + 1] ?? 0;
    for (let i = latents.rowStarts[row] ?? 0; i < end; i++) {
      if (latents.indices[i] === latent) values[row] = latents.values[i] ?? 0;
    }
  }
  return values;
}

/** What is added of the decoder row where the latent has this value. */
function amountFor(edit: LatentEdit, value: number): number {
  if (edit.kind === "add") return edit.amount;
  if (edit.kind === "clamp") return edit.value - value;
  return edit.kind === "scale" ? (edit.factor - 1) * value : -value;
}

function checkEdits(edits: readonly LatentEdit[], { dSae }: InferenceForm): void {
  for (const edit of edits) {
    const numbers = Object.values(edit).filter((value) => typeof value === "number");
    const { latent } = edit;
    if (Number.isSafeInteger(latent) && latent >= 0 && latent < dSae && numbers.every(Number.isFinite))
      continue;
    throw new PlumblineError({
      code: "bad-edit",
      kind: "usage",
      message: `[model-sources] steering(): expected finite numbers and a latent from 0 to ${dSae - 1}, got ${JSON.stringify(edit)}`,
    });
  }
}

function addRow(rows: Float32Array, row: number, direction: Float32Array, amount: number): void {
  const start = row * direction.length;
  for (let d = 0; d < direction.length; d++)
    rows[start + d] = (rows[start + d] ?? 0) + amount * (direction[d] ?? 0);
}

/**
 * Changes latents in a running model: activations move along decoder rows, and everything that the SAE does not explain
 * stays as it is. Several edits add up, each measured on the activations as they came.
 *
 * @param options.form in the units of the activations, as a checkpoint has it
 * @param options.applies which rows are changed, all by default; rows are counted over the batch
 * @throws PlumblineError `bad-edit`
 * @source x' = x + (value − latent) · decoder row; Templeton et al. 2024, "Scaling Monosemanticity" (there with the error term kept, as here)
 */
export function steering(
  edits: readonly LatentEdit[],
  options: {
    readonly form: InferenceForm;
    readonly inference: SaeInference;
    readonly applies?: (row: number, batch: HookBatch) => boolean;
  },
): ReplaceActivations {
  const { form, inference, applies = () => true } = options;
  checkEdits(edits, form);
  const { dIn } = form;
  return async (batch) => {
    const rows = batch.activations.slice();
    const latents = edits.every(({ kind }) => kind === "add")
      ? undefined
      : await inference.encode(batch.activations);
    for (const edit of edits) {
      const values = latents === undefined ? undefined : valuesOf(latents, edit.latent);
      const direction = form.decoder.subarray(edit.latent * dIn, (edit.latent + 1) * dIn);
      for (let row = 0; row < rows.length / dIn; row++) {
        if (!applies(row, batch)) continue;
        const amount = amountFor(edit, values?.[row] ?? 0);
        if (amount !== 0) addRow(rows, row, direction, amount);
      }
    }
    return rows;
  };
}
