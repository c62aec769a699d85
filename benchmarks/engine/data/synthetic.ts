import { createRandom, fillNormal } from "@plumbline/core";

/** Directions per input width, directions in a row, and the share of a row's energy that is noise. */
const directionsPerWidth = 4;
const activePerRow = 16;
const noiseShare = 0.1;

function unitDirections(n: number, dIn: number, seed: number): Float32Array {
  const directions = fillNormal(new Float32Array(n * dIn), createRandom(seed).stream("directions"));
  for (let i = 0; i < n; i++) {
    const direction = directions.subarray(i * dIn, (i + 1) * dIn);
    const norm = Math.hypot(...direction);
    for (let j = 0; j < dIn; j++) direction[j] = (direction[j] ?? 0) / norm;
  }
  return directions;
}

/**
 * Rows that a sparse autoencoder can learn: each is the sum of 16 of 4 · dIn random directions of norm 1, with weights `1 + |n| / 2`
 * for normal n, and of noise that has a tenth of the energy.
 *
 * @returns [nRows, dIn]
 */
export function syntheticRows(shape: { nRows: number; dIn: number; seed: number }): Float32Array {
  const { nRows, dIn, seed } = shape;
  const nDirections = directionsPerWidth * dIn;
  const directions = unitDirections(nDirections, dIn, seed);
  const random = createRandom(seed).stream("rows");
  const rows = new Float32Array(nRows * dIn);
  for (let b = 0; b < nRows; b++) {
    const row = rows.subarray(b * dIn, (b + 1) * dIn);
    let energy = 0;
    for (let i = 0; i < activePerRow; i++) {
      const from = random.integer(nDirections) * dIn;
      const weight = 1 + Math.abs(random.normal()) / 2;
      energy += weight * weight;
      for (let j = 0; j < dIn; j++) row[j] = (row[j] ?? 0) + weight * (directions[from + j] ?? 0);
    }
    const noise = Math.sqrt((energy * noiseShare) / (1 - noiseShare) / dIn);
    for (let j = 0; j < dIn; j++) row[j] = (row[j] ?? 0) + noise * random.normal();
  }
  return rows;
}
