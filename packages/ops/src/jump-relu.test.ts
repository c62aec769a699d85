import { grads, sum, type Tensor, type Tensor1D, type Tensor2D, tensor1d, tensor2d } from "@tensorflow/tfjs";
import { expect, describe as suite, test } from "vitest";
import { jumpRelu, stepOver } from "./jump-relu.ts";

/** Powers of two throughout, so that every number below is exact in float32. */
const bandwidth = 0.5;
const threshold = tensor1d([1, 2]);
const preActs = tensor2d([
  [1, 2.125], // at the threshold; 0.125 above
  [1.25, 1.75], // half a bandwidth above; half below: on the border of the kernel
  [0.875, 4], // 0.125 below; far above
  [-1, 1.875], // far below; 0.125 below
]);
const dy = tensor2d([
  [1, 2],
  [4, 8],
  [16, 32],
  [64, 128],
]);

type Operation = typeof jumpRelu;

/** Gradients of ⟨operation, dy⟩ at pre-activations and thresholds. */
function gradientsOf(operation: Operation): number[][] {
  const value = (z: Tensor, theta: Tensor): Tensor =>
    // A product with zero keeps pre-activations in the graph of an operation that sends them nothing.
    sum(operation(z as Tensor2D, theta as Tensor1D, { bandwidth }).mul(dy)).add(sum(z).mul(0));
  return grads((z, theta) => value(z as Tensor, theta as Tensor))([preActs, threshold]).map((t) => [
    ...t.dataSync(),
  ]);
}

suite("jumpRelu()", () => {
  test("passes what is over the threshold unchanged; at the threshold it is 0", () => {
    // −0 and 0 are the same latent.
    const latents = [...jumpRelu(preActs, threshold, { bandwidth }).dataSync()].map((value) => value + 0);
    expect(latents).toEqual([0, 2.125, 1.25, 0, 0, 4, 0, 0]);
  });

  test("sends pre-activations a gradient where the latent fires, and thresholds the pseudo-gradient", () => {
    const [toPreActs, toThreshold] = gradientsOf(jumpRelu);
    expect(toPreActs).toEqual([0, 2, 4, 0, 0, 32, 0, 0]);
    // Kernel, |z − θ| < 0.25: latent 0 in tokens 0 and 2 (1 + 16), latent 1 in tokens 0 and 3 (2 + 128); borders are outside.
    // −(θ / ε) · Σ dy: −(1 / 0.5) · 17 and −(2 / 0.5) · 130.
    expect(toThreshold).toEqual([-34, -520]);
  });
});

suite("stepOver()", () => {
  test("is 1 over the threshold, 0 at it and below", () => {
    expect([...stepOver(preActs, threshold, { bandwidth }).dataSync()]).toEqual([0, 1, 1, 0, 0, 1, 0, 0]);
  });

  test("sends pre-activations nothing, and thresholds the pseudo-gradient", () => {
    const [toPreActs, toThreshold] = gradientsOf(stepOver);
    expect(toPreActs).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    // The same kernel: −(1 / ε) · 17 and −(1 / ε) · 130.
    expect(toThreshold).toEqual([-34, -260]);
  });
});
