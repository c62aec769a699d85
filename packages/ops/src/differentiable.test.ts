import { grad, grads, memory, mul, sum, type Tensor, tensor1d, tidy } from "@tensorflow/tfjs";
import { expect, describe as suite, test } from "vitest";
import { detach } from "./detach.ts";
import { differentiable } from "./differentiable.ts";

suite("differentiable()", () => {
  test("takes the gradient it is given, for inputs and not for constants", () => {
    const triple = (x: Tensor, c: Tensor): Tensor =>
      differentiable({
        inputs: [x],
        constants: [c],
        forward: () => mul(x, c),
        gradient: (dy, [input], [constant]) => [mul(dy, mul(input as Tensor, constant as Tensor)).add(100)],
      });
    const c = tensor1d([10, 20]);
    const gradient = grad((x: Tensor) => sum(triple(x, c)))(tensor1d([2, 3]));
    // The made-up gradient: dy · x · c + 100.
    expect([...gradient.dataSync()]).toEqual([120, 160]);
  });

  test("frees what a gradient makes on the way before the next one runs", () => {
    /** Tensors alive when the gradient of the first operation runs, after a second one that made `n` on the way. */
    const aliveAfter = (n: number): number => {
      let alive = 0;
      const first = (x: Tensor): Tensor =>
        differentiable({
          inputs: [x],
          forward: () => x.clone(),
          gradient: (dy) => {
            alive = memory().numTensors;
            return [dy.clone()];
          },
        });
      const second = (x: Tensor): Tensor =>
        differentiable({
          inputs: [x],
          forward: () => x.clone(),
          gradient: (dy) => {
            for (let i = 0; i < n; i++) dy.square();
            return [dy.clone()];
          },
        });
      const x = tensor1d([1]);
      grad((at: Tensor) => sum(second(first(at))))(x).dispose();
      x.dispose();
      return alive;
    };
    expect(aliveAfter(20)).toBe(aliveAfter(0));
  });
});

suite("detach()", () => {
  test("has the same value and passes no gradient", () => {
    const x = tensor1d([2, 3]);
    expect([...detach(x).dataSync()]).toEqual([2, 3]);
    const gradient = grad((at: Tensor) => sum(mul(at, detach(at.square()))))(x);
    // d/dx of x · constant, the constant being x²: without detach() it would be 3 x².
    expect([...gradient.dataSync()]).toEqual([4, 9]);
  });

  test("owns its tensor: the original may be disposed", () => {
    const x = tensor1d([2, 3]);
    const copy = detach(x);
    x.dispose();
    expect([...copy.dataSync()]).toEqual([2, 3]);
  });

  test("leaves no tensors behind", () => {
    const x = tensor1d([2, 3]);
    const before = memory().numTensors;
    detach(x).dispose();
    tidy(() => grads((at: Tensor) => sum(mul(at, detach(at))))([x]).map((g) => g.dataSync()));
    expect(memory().numTensors).toBe(before);
  });
});
