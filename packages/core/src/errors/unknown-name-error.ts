import { nearest } from "./nearest.ts";
import { PlumblineError } from "./plumbline-error.ts";

/**
 * The error for a name that nothing answers to; it lists the known names and the nearest one.
 *
 * @example
 * import { unknownNameError } from "@plumbline/core";
 *
 * const error = unknownNameError({ kind: "architecture", name: "topkk", known: ["relu", "topk"], from: "[cli] train()" });
 * console.log(error.hint); // did you mean "topk"? Known: relu, topk
 */
export function unknownNameError(options: {
  /** what sort of thing was looked up */
  kind: string;
  name: string;
  known: readonly string[];
  /** `[package] function()` that looked it up */
  from: string;
  where?: string;
}): PlumblineError {
  const { kind, name, known, from, where } = options;
  const near = nearest(name, known);
  const suggestion = near === undefined ? "" : `did you mean "${near}"? `;
  return new PlumblineError({
    code: `unknown-${kind.replaceAll(" ", "-")}`,
    kind: "usage",
    message: `${from}: no ${kind} is named "${name}"`,
    ...(where === undefined ? {} : { where }),
    hint: `${suggestion}Known: ${known.length === 0 ? "none" : known.join(", ")}`,
  });
}
