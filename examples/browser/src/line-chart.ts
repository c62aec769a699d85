/** Points of a curve over steps. */
export interface Curve {
  /** what is drawn, for those who hear the page */
  readonly name: string;
  readonly points: readonly { readonly step: number; readonly value: number }[];
  /** right end of the step axis */
  readonly nSteps: number;
  /** top of the value axis; the bottom is 0 */
  readonly top: number;
}

const [width, height] = [320, 150];
const [left, right, bottom, above] = [34, 8, 20, 8];

/** A number as short as a tick needs it. */
export function shown(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}

/** Draws one curve as SVG text. Values beyond the axes are drawn at their border. */
export function lineChart({ name, points, nSteps, top }: Curve): string {
  const x = (step: number): number => left + ((width - left - right) * step) / nSteps;
  const y = (value: number): number =>
    above + (height - above - bottom) * (1 - Math.min(1, Math.max(0, value / top)));
  const path = points.map(({ step, value }) => `${x(step).toFixed(1)},${y(value).toFixed(1)}`).join(" ");
  const last = points.at(-1);
  const said = last === undefined ? "nothing yet" : `${shown(last.value)} at step ${last.step}`;
  const tick = (value: number): string =>
    `<line class="axis" x1="${left}" x2="${width - right}" y1="${y(value)}" y2="${y(value)}"/>` +
    `<text x="${left - 6}" y="${y(value) + 4}" text-anchor="end">${shown(value)}</text>`;
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${name}: ${said}">
${[0, top / 2, top].map(tick).join("")}
<text x="${left}" y="${height - 4}">0</text>
<text x="${width - right}" y="${height - 4}" text-anchor="end">${nSteps} steps</text>
<polyline class="curve" points="${path}"/></svg>`;
}
