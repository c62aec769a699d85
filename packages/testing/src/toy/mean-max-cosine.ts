/**
 * Mean over `wanted` rows of the largest cosine to any of `found` rows: 1 where every wanted direction was found.
 *
 * @param wanted [n, width]
 * @param found [m, width]
 * @returns in −1 … 1; rows of zeros count as cosine 0
 * @source "mean max cosine similarity", Sharkey et al. 2022
 */
export function meanMaxCosine(wanted: Float32Array, found: Float32Array, width: number): number {
  const norm = (rows: Float32Array, start: number): number => {
    let square = 0;
    for (let j = 0; j < width; j++) square += (rows[start + j] ?? 0) ** 2;
    return Math.sqrt(square);
  };
  const foundNorms = Array.from({ length: found.length / width }, (_, i) => norm(found, i * width));
  let total = 0;
  for (let a = 0; a < wanted.length; a += width) {
    const wantedNorm = norm(wanted, a);
    let best = -1;
    foundNorms.forEach((foundNorm, i) => {
      let dot = 0;
      for (let j = 0; j < width; j++) dot += (wanted[a + j] ?? 0) * (found[i * width + j] ?? 0);
      const scale = wantedNorm * foundNorm;
      best = Math.max(best, scale === 0 ? 0 : dot / scale);
    });
    total += best;
  }
  return total / (wanted.length / width);
}
