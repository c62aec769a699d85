import type { Histogram } from "@plumbline/metrics";

/** A histogram with a name, drawn in one colour. */
export interface Series {
  readonly name: string;
  readonly histogram: Histogram;
}

const [width, height] = [640, 360];
const margin = { left: 56, right: 16, top: 48, bottom: 44 };
const inner = { width: width - margin.left - margin.right, height: height - margin.top - margin.bottom };

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const rounded = (value: number): string => String(Math.round(value * 100) / 100);

/** Round numbers from 0 to at least `most`, some four of them. */
function ticksTo(most: number): number[] {
  const rough = Math.max(most, 1) / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = Math.max(
    1,
    [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= rough) ?? rough,
  );
  return Array.from({ length: Math.ceil(most / step) + 1 }, (_, i) => i * step);
}

function bars({ histogram }: Series, most: number, style: string): string {
  const { edges, counts } = histogram;
  const [low, high] = [edges[0] ?? 0, edges.at(-1) ?? 1];
  const x = (value: number): number => margin.left + ((value - low) / (high - low)) * inner.width;
  return counts
    .map((count, bin) => {
      if (count === 0) return "";
      const [from, to] = [edges[bin] ?? 0, edges[bin + 1] ?? 0];
      const size = (count / most) * inner.height;
      const title = `${from.toFixed(3)} … ${to.toFixed(3)}: ${count}`;
      return `<rect class="${style}" x="${rounded(x(from) + 0.5)}" y="${rounded(margin.top + inner.height - size)}" width="${rounded(Math.max(1, x(to) - x(from) - 1))}" height="${rounded(size)}"><title>${title}</title></rect>`;
    })
    .join("");
}

function verticalAxis(ticks: readonly number[], most: number): string {
  return ticks
    .map((tick) => {
      const y = rounded(margin.top + inner.height - (tick / most) * inner.height);
      return `<line class="grid" x1="${margin.left}" x2="${width - margin.right}" y1="${y}" y2="${y}"/><text x="${margin.left - 8}" y="${y}" dy="0.32em" text-anchor="end">${tick}</text>`;
    })
    .join("");
}

function horizontalAxis(edges: readonly number[], label: string): string {
  const [low, high] = [edges[0] ?? 0, edges.at(-1) ?? 1];
  const ticks = Array.from({ length: 9 }, (_, i) => -0.5 + i / 4).filter(
    (tick) => tick >= low && tick <= high,
  );
  const marks = ticks.map((tick) => {
    const x = rounded(margin.left + ((tick - low) / (high - low)) * inner.width);
    return `<text x="${x}" y="${height - margin.bottom + 18}" text-anchor="middle">${tick}</text>`;
  });
  const middle = margin.left + inner.width / 2;
  return `${marks.join("")}<text x="${middle}" y="${height - 8}" text-anchor="middle">${escaped(label)}</text>`;
}

/** A dashed line at a value that matters. */
function markAt(value: number | undefined, edges: readonly number[]): string {
  const [low, high] = [edges[0] ?? 0, edges.at(-1) ?? 1];
  if (value === undefined || value < low || value > high) return "";
  const x = rounded(margin.left + ((value - low) / (high - low)) * inner.width);
  return `<line class="mark" x1="${x}" x2="${x}" y1="${margin.top}" y2="${height - margin.bottom}"/>`;
}

/**
 * Histograms over each other as a picture of its own: SVG without scripts, readable on light and dark pages.
 *
 * @param series with the same edges; the later ones are drawn over the earlier
 * @param options `mark`: a value that gets a line
 */
export function histogramSvg(
  series: readonly Series[],
  options: { readonly title: string; readonly label: string; readonly mark?: number },
): string {
  const largest = Math.max(1, ...series.flatMap(({ histogram }) => histogram.counts));
  const ticks = ticksTo(largest);
  const most = ticks.at(-1) ?? largest;
  const styles = ["first", "second"];
  const legend = series
    .map(
      ({ name }, i) =>
        `<rect class="${styles[i] ?? "first"}" x="${margin.left + i * 150}" y="30" width="10" height="10"/><text x="${margin.left + i * 150 + 16}" y="39">${escaped(name)}</text>`,
    )
    .join("");
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(options.title)}">
<style>
text { font: 12px system-ui, sans-serif; fill: #444; } .title { font-weight: 600; font-size: 14px; fill: #111; }
.grid { stroke: #ddd; } .mark { stroke: #888; stroke-dasharray: 4 4; } .first { fill: #b8c4d6; } .second { fill: #2a5db0; } .back { fill: #fff; }
@media (prefers-color-scheme: dark) { text { fill: #bbb; } .title { fill: #eee; } .grid { stroke: #333; } .first { fill: #4a5568; } .second { fill: #7aa7f0; } .back { fill: #111; } }
</style>
<rect class="back" width="${width}" height="${height}"/>
<text class="title" x="${margin.left}" y="20">${escaped(options.title)}</text>
${legend}
${verticalAxis(ticks, most)}
${series.map((one, i) => bars(one, most, styles[i] ?? "first")).join("\n")}
${markAt(options.mark, series[0]?.histogram.edges ?? [])}
${horizontalAxis(series[0]?.histogram.edges ?? [], options.label)}
</svg>
`;
}
