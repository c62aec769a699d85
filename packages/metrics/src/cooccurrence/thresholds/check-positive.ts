import { PlumblineError, type SparseLatents } from "@plumbline/core";

/** @throws PlumblineError `bad-value` where a value is not positive and finite */
export function checkPositive({ values }: SparseLatents, from: string): void {
  const bad = values.findIndex((value) => !(value > 0 && value < Number.POSITIVE_INFINITY));
  if (bad === -1) return;
  throw new PlumblineError({
    code: "bad-value",
    kind: "usage",
    message: `[metrics] ${from}: expected positive and finite values, got ${values[bad]}`,
    hint: "hand over what ReLU leaves of the pre-activations, without zeros",
  });
}
