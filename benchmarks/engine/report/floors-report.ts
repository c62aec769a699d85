import type { Verdict } from "../floors.ts";
import { short } from "./numbers.ts";
import { tableLines } from "./table.ts";

/** Every bound that was looked at, and how many hold. */
export function floorsLines(verdicts: readonly Verdict[]): string[] {
  if (verdicts.length === 0) return [];
  const rows = verdicts.map(({ what, measured, bound, ok }) => [
    what,
    short(measured),
    bound,
    ok ? "ok" : "missed",
  ]);
  const nOk = verdicts.filter(({ ok }) => ok).length;
  return [
    "",
    ...tableLines([["bounds", "measured", "bound", ""], ...rows]),
    `${nOk} of ${verdicts.length} bounds hold`,
  ];
}
