/**
 * Lines of a table in plain text: the first column to the left, all others to the right, under a line of headings.
 *
 * @param rows the first is that of headings
 */
export function tableLines(rows: readonly (readonly string[])[]): string[] {
  const nColumns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: nColumns }, (_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  return rows.map((row) =>
    widths
      .map((width, column) => {
        const cell = row[column] ?? "";
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd(),
  );
}
