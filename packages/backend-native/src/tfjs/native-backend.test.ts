import { add, engine, relu, setBackend, slice, type Tensor, tensor } from "@tensorflow/tfjs-core";
import { beforeEach, expect, test } from "vitest";
import { nativeSuite, numbers } from "./beside-cpu.test-support.ts";
import type { NativeBackend } from "./native-backend.ts";
import { tfjsName } from "./register.ts";

/** Large enough to be kept. */
const n = 2 ** 16;
const backend = (): NativeBackend => engine().registry[tfjsName] as NativeBackend;
const arrayOf = (t: Tensor): unknown => backend().peek(t.dataId).values;
const positive = numbers([n], 1).map(Math.abs);
/** A tensor that a native kernel made. */
const made = (): Tensor => {
  const x = tensor(positive.slice());
  const y = relu(x);
  x.dispose();
  return y;
};

beforeEach(async () => {
  await setBackend(tfjsName);
});

nativeSuite("arrays of tensors", () => {
  test("are used again when the last tensor with them is gone", () => {
    const first = made();
    const array = arrayOf(first);
    const same = first.reshape([2, n / 2]);
    first.dispose();
    const second = made();
    expect(arrayOf(second)).not.toBe(array);
    same.dispose();
    const third = made();
    expect(arrayOf(third)).toBe(array);
    second.dispose();
    third.dispose();
  });

  test("are not when they came from the user", () => {
    const mine = positive.slice();
    tensor(mine).dispose();
    const other = made();
    expect(arrayOf(other)).not.toBe(mine);
    other.dispose();
  });

  test("are not when somebody has read them", async () => {
    for (const read of [(t: Tensor) => t.dataSync(), (t: Tensor) => t.data()]) {
      const first = made();
      const values = (await read(first)) as Float32Array;
      const before = values.slice();
      first.dispose();
      const second = add(made(), 1);
      expect(values).toEqual(before);
      second.dispose();
    }
  });

  test("are not when a kernel of tfjs has had them, which may have kept a view", () => {
    const first = made();
    const array = arrayOf(first);
    // Not one that is native.
    const counted = first.asType("int32");
    first.dispose();
    const second = made();
    expect(arrayOf(second)).not.toBe(array);
    for (const t of [counted, second]) t.dispose();
  });

  test("stay with a tensor that goes to another backend and comes back", async () => {
    const first = made();
    await setBackend("cpu");
    const there = add(first, 1);
    const values = there.dataSync();
    await setBackend(tfjsName);
    const back = add(first, 0);
    made().dispose();
    expect(back.dataSync()).toEqual(positive);
    expect(values[5]).toBe(Math.fround((positive[5] ?? 0) + 1));
    for (const t of [first, there, back]) t.dispose();
  });

  test("are zeros where zeros are asked for", () => {
    const array = backend().take(n);
    array.fill(3);
    const t = engine().makeTensorFromTensorInfo(backend().makeTensorInfo([n], "float32", array));
    t.dispose();
    const zeros = backend().takeZeros(n);
    expect(zeros).toBe(array);
    expect(zeros.every((value) => value === 0)).toBe(true);
  });
});

nativeSuite("slices", () => {
  test("have arrays of their own", () => {
    const whole = made();
    const part = slice(whole, 0, n / 2);
    whole.dispose();
    const other = add(made(), 1);
    expect(part.dataSync()).toEqual(positive.subarray(0, n / 2));
    for (const t of [part, other]) t.dispose();
  });
});
