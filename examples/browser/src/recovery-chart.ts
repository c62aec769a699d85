/** From here on a hidden direction counts as found. */
export const foundAbove = 0.9;

const [width, height, left, base] = [960, 150, 30, 134];
const full = 122;

/** One bar for each hidden direction: its cosine to the nearest decoder row. */
export function recoveryChart(cosines: readonly number[], nDirections: number): string {
  const wide = (width - left) / nDirections;
  const y = (cosine: number): number => base - full * Math.max(0, cosine);
  const bars = cosines.map((cosine, i) => {
    const kind = cosine > foundAbove ? "bar found" : "bar";
    const at = `x="${(left + i * wide + 2).toFixed(1)}" width="${(wide - 4).toFixed(1)}"`;
    return `<rect class="${kind}" ${at} y="${y(cosine).toFixed(1)}" height="${(base - y(cosine)).toFixed(1)}"><title>direction ${i}: ${cosine.toFixed(3)}</title></rect>`;
  });
  const nFound = cosines.filter((cosine) => cosine > foundAbove).length;
  const said = cosines.length === 0 ? "nothing yet" : `${nFound} of ${nDirections} found`;
  const ticks = [0, 0.5, 1].map(
    (tick) =>
      `<line class="axis" x1="${left}" x2="${width}" y1="${y(tick)}" y2="${y(tick)}"/><text x="${left - 6}" y="${y(tick) + 4}" text-anchor="end">${tick}</text>`,
  );
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="Cosines of hidden directions: ${said}">
${ticks.join("")}${bars.join("")}
<line class="mark" x1="${left}" x2="${width}" y1="${y(foundAbove)}" y2="${y(foundAbove)}"/></svg>`;
}
