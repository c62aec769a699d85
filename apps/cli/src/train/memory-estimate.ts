/**
 * Bytes that training takes at its peak, Node included, roughly.
 *
 * Fitted to peak resident memory of the generic engine with `topk` (dIn 512; dSae 2048 and 8192; batches of 512 and 2048; tfjs-wasm
 * and tfjs-cpu): within 10 % there.
 */
export function memoryEstimate(shape: { dIn: number; dSae: number; batchSize: number }): number {
  const { dIn, dSae, batchSize } = shape;
  const parameters = 2 * dSae * dIn + 2 * dSae + dIn;
  // Values, gradients, two moments, what replaces them after a step, and copies on their way to and from the kernels.
  const copiesOfParameters = 11;
  // What automatic differentiation keeps of the dense latents of a batch.
  const copiesOfLatents = 26;
  const programBytes = 140e6;
  return programBytes + 4 * (copiesOfParameters * parameters + copiesOfLatents * batchSize * dSae);
}
