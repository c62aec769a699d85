/** Vertices of the distribution function's convex minorant or concave majorant, as indices of sorted values. */
type Vertices = readonly number[];

/**
 * For each point the vertex before it on the greatest convex minorant of the points up to it; with `step` −1, from the right, the
 * vertex after it on the least concave majorant.
 */
function neighbourVertices(x: Float64Array, step: 1 | -1): Int32Array {
  const n = x.length;
  const first = step === 1 ? 0 : n - 1;
  const vertex = new Int32Array(n);
  vertex[first] = first;
  for (let count = 1, j = first + step; count < n; count++, j += step) {
    let before = j - step;
    while (before !== first) {
      const previous = vertex[before] as number;
      const rise = ((x[j] as number) - (x[before] as number)) * (before - previous);
      const earlier = ((x[before] as number) - (x[previous] as number)) * (j - before);
      if (rise < earlier) break;
      before = previous;
    }
    vertex[j] = before;
  }
  return vertex;
}

function chain(vertex: Int32Array, from: number, to: number): Vertices {
  const out = [from];
  for (let at = from; from > to ? at > to : at < to; ) {
    at = vertex[at] as number;
    out.push(at);
  }
  return out;
}

/** Where the minorant and the majorant are farthest apart, and by how much. */
interface Gap {
  readonly distance: number;
  /** positions in `minorant` and in `majorant` of the ends of the modal interval */
  readonly low: number;
  readonly high: number;
}

/**
 * @param minorant vertices from high to low
 * @param majorant vertices from low to high
 */
function widestGap(x: Float64Array, minorant: Vertices, majorant: Vertices): Gap {
  const at = (vertices: Vertices, i: number): number => vertices[i] as number;
  const value = (i: number): number => x[i] as number;
  let gap: Gap = { distance: 0, low: minorant.length - 1, high: majorant.length - 1 };
  if (minorant.length === 2 && majorant.length === 2) return { ...gap, distance: 1 };
  let g = minorant.length - 2;
  let l = 1;
  do {
    const [below, above] = [at(minorant, g), at(majorant, l)];
    if (below > above) {
      const before = at(minorant, g + 1);
      const slope = (below - before) / (value(below) - value(before));
      const distance = above - before + 1 - (value(above) - value(before)) * slope;
      if (distance >= gap.distance) gap = { distance, low: g + 1, high: l };
      l = Math.min(l + 1, majorant.length - 1);
    } else {
      const before = at(majorant, l - 1);
      const slope = (above - before) / (value(above) - value(before));
      const distance = (value(below) - value(before)) * slope - (below - before - 1);
      if (distance >= gap.distance) gap = { distance, low: g, high: l };
      g = Math.max(g - 1, 0);
    }
  } while (at(minorant, g) !== at(majorant, l));
  return gap;
}

/**
 * How far the empirical distribution leaves the lines between neighbouring vertices, in steps of it.
 *
 * @param sign 1 above the line (minorant), −1 below it (majorant)
 */
function farthestFromLines(x: Float64Array, vertices: Vertices, sign: 1 | -1): number {
  let most = 0;
  for (let v = 0; v + 1 < vertices.length; v++) {
    const [one, other] = [vertices[v] as number, vertices[v + 1] as number];
    const [begin, end] = [Math.min(one, other), Math.max(one, other)];
    let farthest = 1;
    const width = (x[end] as number) - (x[begin] as number);
    if (end - begin > 1 && width !== 0) {
      const slope = (end - begin) / width;
      for (let i = begin; i <= end; i++) {
        const line = ((x[i] as number) - (x[begin] as number)) * slope;
        farthest = Math.max(farthest, sign * (i - begin - line) + 1);
      }
    }
    most = Math.max(most, farthest);
  }
  return most;
}

/**
 * Hartigan's dip: the largest distance between the empirical distribution of `sorted` and the closest unimodal one.
 *
 * @param sorted ascending, finite
 * @returns in 1 / (2n) … 1/4; 0 where all values are equal or there are none
 * @source Hartigan & Hartigan, "The dip test of unimodality", Annals of Statistics 13 (1985); the algorithm is AS 217
 */
export function dipStatistic(sorted: Float64Array): number {
  const n = sorted.length;
  if (n === 0 || sorted[0] === sorted[n - 1]) return 0;
  const towardsLow = neighbourVertices(sorted, 1);
  const towardsHigh = neighbourVertices(sorted, -1);
  let [low, high] = [0, n - 1];
  // Twice the distance, in steps of the empirical distribution: half a step is the least that any sample has.
  let dip = 1;
  for (;;) {
    const minorant = chain(towardsLow, high, low);
    const majorant = chain(towardsHigh, low, high);
    const gap = widestGap(sorted, minorant, majorant);
    if (gap.distance < dip) break;
    const left = farthestFromLines(sorted, minorant.slice(gap.low), 1);
    const right = farthestFromLines(sorted, majorant.slice(gap.high), -1);
    dip = Math.max(dip, left, right);
    const [nextLow, nextHigh] = [minorant[gap.low] as number, majorant[gap.high] as number];
    if (nextLow === low && nextHigh === high) break;
    low = nextLow;
    high = nextHigh;
  }
  return dip / (2 * n);
}
