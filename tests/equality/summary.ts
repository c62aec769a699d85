import type { Findings } from "./findings.ts";

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join("  ");
  return rows.map((row) => line(row).trimEnd()).join("\n");
}

const byName = <T>(map: ReadonlyMap<string, T>): [string, T][] =>
  [...map].sort(([a], [b]) => (a < b ? -1 : 1));

function familiesOf(findings: Findings): string {
  const rows = byName(findings.families).map(([name, f]) => [
    name,
    `${f.drawn}`,
    `${f.compared}`,
    `${f.nearTies}`,
  ]);
  const sum = (column: number): string => `${rows.reduce((total, row) => total + Number(row[column]), 0)}`;
  return table([["family", "drawn", "compared", "near-ties"], ...rows, ["all", sum(1), sum(2), sum(3)]]);
}

/** What screening did at each level. */
export function levelsOf(findings: Findings): string {
  const rows = [...findings.levels].map(([name, { steps, tokens, unproven, redone, rescored }]) => [
    name,
    `${steps}`,
    `${tokens}`,
    `${unproven}`,
    `${redone}`,
    (rescored / Math.max(1, tokens)).toFixed(1),
  ]);
  return table([
    ["native engine", "steps", "tokens", "unproven rows", "redone rows", "rescored/token"],
    ...rows,
  ]);
}

/** The tables that a run ends with. */
export function summaryOf(
  findings: Findings,
  options: { absent: readonly string[]; title: string; brief?: boolean },
): string {
  const { absent, title, brief = false } = options;
  const largest = byName(findings.largest).map(([name, { value, index }]) => [
    name,
    value.toExponential(1),
    `${index}`,
  ]);
  const counted = (title: string, rows: [string, number][]): string =>
    table([[title, ""], ...rows.map(([name, n]) => [name, `${n}`])]);
  const missing = absent.map((level) => `level ${level}: not on this instruction set`);
  const wrong = new Set(findings.violations.map(({ index }) => index));
  const parts = [
    ...(brief ? [] : [familiesOf(findings)]),
    table([["largest difference", "value", "case"], ...largest]),
    ...(brief ? [] : [levelsOf(findings)]),
    counted("counted", byName(findings.counts)),
    ...(brief ? [] : [[counted("skipped", byName(findings.skipped)), ...missing].join("\n")]),
    `${title}: ${findings.violations.length} violations in ${wrong.size} configurations`,
  ];
  return `\n${parts.join("\n\n")}`;
}
