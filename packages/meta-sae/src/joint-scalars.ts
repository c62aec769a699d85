import { PlumblineError, type StepControls } from "@plumbline/core";
import type { MetaSaeSettings } from "./options.ts";

/** Scalars of a step that are the joint training's own; where a step has none, the options of the same names count. */
export const metaSaeControls: readonly string[] = ["lambda2", "metaLr"];

/** A step was asked for what cannot be. */
export function badControl(expected: string, got: unknown): PlumblineError {
  return new PlumblineError({
    code: "bad-control",
    kind: "usage",
    message: `[meta-sae] step(): expected ${expected}, got ${String(got)}`,
  });
}

/**
 * What a step's scalars say of the joint training, and those that are left for the primary.
 *
 * @throws PlumblineError `bad-control`
 */
export function jointScalars(
  { lr, scalars: given }: StepControls,
  settings: MetaSaeSettings,
): {
  readonly lambda2: number;
  readonly metaLr: number;
  readonly scalars: StepControls["scalars"];
} {
  const { lambda2 = settings.lambda2, metaLr = settings.metaLr ?? lr, ...scalars } = given;
  if (!(lambda2 >= 0 && Number.isFinite(lambda2)))
    throw badControl("lambda2 to be a finite number from 0", lambda2);
  if (!(metaLr >= 0 && Number.isFinite(metaLr)))
    throw badControl("metaLr to be a finite number from 0", metaLr);
  return { lambda2, metaLr, scalars };
}
