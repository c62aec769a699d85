/**
 * Sets rows of cells in columns: the first column flush left, the others flush right, two spaces between.
 *
 * @param rows cells as text; shorter rows leave their last columns empty
 * @returns one line a row, without trailing spaces
 */
export function textTable(rows: readonly (readonly string[])[]): string {
  const nColumns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: nColumns }, (_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    widths
      .map((width, column) => {
        const cell = row[column] ?? "";
        return column === 0 ? cell.padEnd(width) : cell.padStart(width);
      })
      .join("  ")
      .trimEnd();
  return rows.map((row) => `${line(row)}\n`).join("");
}
