import { shownCount } from "@plumbline/extract/terminal";
import type { Histogram } from "@plumbline/metrics";

/** Parts of a character, from an eighth to the whole. */
const blocks = ["▏", "▎", "▍", "▌", "▋", "▊", "▉", "█"];

function bar(length: number): string {
  const eighths = Math.round(length * 8);
  const rest = eighths % 8;
  return "█".repeat(Math.floor(eighths / 8)) + (rest === 0 ? "" : (blocks[rest - 1] ?? ""));
}

/** A histogram as lines of text: range, bar, count. Empty bins at both ends are left out. */
export function histogramText(histogram: Histogram, options: { readonly width: number }): string {
  const { edges, counts, nBelow, nAbove } = histogram;
  const filled = counts.flatMap((count, bin) => (count > 0 ? [bin] : []));
  const [first, last] = [filled[0], filled.at(-1)];
  const lines: string[] = [];
  if (nBelow > 0) lines.push(`  below ${(edges[0] ?? 0).toFixed(3)}  ${shownCount(nBelow)}`);
  if (first !== undefined && last !== undefined) {
    const most = Math.max(...counts);
    for (let bin = first; bin <= last; bin++) {
      const count = counts[bin] ?? 0;
      const range = `${(edges[bin] ?? 0).toFixed(3).padStart(7)} … ${(edges[bin + 1] ?? 0).toFixed(3).padStart(6)}`;
      const line = bar((count / most) * options.width);
      lines.push(`${range}  ${line}${count === 0 ? "" : `${line === "" ? "" : " "}${shownCount(count)}`}`);
    }
  }
  if (nAbove > 0) lines.push(`  above ${(edges.at(-1) ?? 0).toFixed(3)}  ${shownCount(nAbove)}`);
  return lines.map((line) => line.trimEnd()).join("\n");
}
