import type { ActivationPass } from "@plumbline/core";

/** A pass in one line. */
export function describePass(pass: ActivationPass): string {
  const rows = pass.nRows === undefined ? "rows: as many as come" : `${pass.nRows} rows`;
  const [first, ...more] = pass.hooks;
  const at = first?.hookPoint === undefined ? "" : ` at ${first.hookPoint}`;
  const others = more.length === 0 ? "" : ` and ${more.length} more`;
  const widths = [...new Set(pass.hooks.map(({ dIn }) => dIn))].join(", ");
  return `${pass.name}${at}${others} · ${rows} · dIn ${widths}`;
}
