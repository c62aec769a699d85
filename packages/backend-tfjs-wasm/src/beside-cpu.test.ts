import { workedForm, workedRow } from "@plumbline/testing";
import { engine, env, getBackend, setBackend, tensor1d } from "@tensorflow/tfjs";
import { expect, describe as suite, test } from "vitest";
import { tfjsWasmBackend } from "./tfjs-wasm-backend.ts";

suite("tfjsWasmBackend beside a cpu backend in use", () => {
  test("starts while the other works, runs, and leaves the other active with its tensors", async () => {
    env().set("PROD", true);
    await setBackend("cpu");
    const mine = tensor1d([1, 2]);
    const opening = tfjsWasmBackend.openInference(workedForm);
    const opened = opening.then(() => true);
    const later = (): Promise<boolean> => new Promise((resolve) => setTimeout(() => resolve(false), 1));
    do expect([...mine.add(1).dataSync()]).toEqual([2, 3]);
    while (!(await Promise.race([opened, later()])));
    const sae = await opening;
    expect(getBackend()).toBe("cpu");
    const latents = await sae.encode(workedRow.row);
    expect([...(await sae.decode(latents))]).toEqual(workedRow.xHat);
    expect(getBackend()).toBe("cpu");
    expect(engine().backend).toBe(engine().registry.cpu);
    expect([...mine.add(2).dataSync()]).toEqual([3, 4]);
    sae.dispose();
  });
});
