import { type ActivationRule, nearest } from "@plumbline/core";
import { checkpointError } from "./errors.ts";
import type { JsonFields } from "./json-fields.ts";

const kinds = ["relu", "topk", "jumprelu", "gated", "custom"] as const;

/** The keys of an activation rule in the order in which they are written. */
export function activationJson(rule: ActivationRule): Record<string, unknown> {
  switch (rule.kind) {
    case "topk":
      return { kind: rule.kind, k: rule.k };
    case "custom":
      return { kind: rule.kind, architecture: rule.architecture, config: rule.config };
    default:
      return { kind: rule.kind };
  }
}

/**
 * Reads an activation rule.
 *
 * @throws PlumblineError `unknown-activation` with the nearest known one, `bad-description`, for example for `k` above dSae
 */
export function readActivation(
  fields: JsonFields,
  context: { dSae: number; from: string; where: string },
): ActivationRule {
  const { dSae, from, where } = context;
  const rule = fields.fields("activation");
  const kind = rule.text("kind");
  const read = (): ActivationRule => {
    switch (kind) {
      case "relu":
      case "jumprelu":
      case "gated":
        return { kind };
      case "topk":
        return { kind, k: rule.count("k", 1, dSae) };
      case "custom":
        return { kind, architecture: rule.text("architecture"), config: rule.json("config") };
    }
    const near = nearest(kind.slice(0, 80), kinds);
    throw checkpointError({
      code: "unknown-activation",
      kind: "input",
      message: `${from}: no activation rule is named ${JSON.stringify(kind.slice(0, 80))}`,
      where: `${where}, key activation.kind`,
      hint: `${near === undefined ? "" : `did you mean "${near}"? `}Known: ${kinds.join(", ")}; others come as "custom"`,
    });
  };
  const found = read();
  rule.end();
  return found;
}
