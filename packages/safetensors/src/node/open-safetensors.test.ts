import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, describe as suite, test } from "vitest";
import { encodeSafetensors } from "../encode-safetensors.ts";
import { createSafetensorsWriter } from "./create-safetensors-writer.ts";
import { openSafetensors } from "./open-safetensors.ts";
import { writeSafetensors } from "./write-safetensors.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plumbline-safetensors-"));
});
afterAll(() => rm(folder, { recursive: true }));

const tensors = {
  x: { shape: [3, 2], data: Float32Array.of(0, 1, 2, 3, 4, 5) },
  ids: { shape: [3], data: Int32Array.of(7, 8, 9) },
};

suite("openSafetensors()", () => {
  test("reads tensors and rows", async () => {
    const path = join(folder, "rows.safetensors");
    await writeSafetensors(path, tensors, { unit: "none" });
    const file = await openSafetensors(path);
    expect(file.metadata).toEqual({ unit: "none" });
    expect((await file.float32("x")).data).toEqual(tensors.x.data);
    expect(await file.float32Rows("x", 1, 2)).toEqual({ shape: [2, 2], data: Float32Array.of(2, 3, 4, 5) });
    expect(await file.int32Rows("ids", 2, 1)).toEqual({ shape: [1], data: Int32Array.of(9) });
    await file.close();
  });
});

suite("createSafetensorsWriter()", () => {
  test("gives the bytes of encodeSafetensors() from pieces in any order", async () => {
    const path = join(folder, "pieces.safetensors");
    const writer = await createSafetensorsWriter(path, {
      x: { dtype: "F32", shape: [3, 2] },
      ids: { dtype: "I32", shape: [3] },
    });
    await writer.write("ids", Int32Array.of(7));
    await writer.write("x", Float32Array.of(0, 1, 2));
    await writer.write("ids", Int32Array.of(8, 9));
    await writer.write("x", Float32Array.of(3, 4, 5));
    await writer.finish();
    expect(new Uint8Array(await readFile(path))).toEqual(encodeSafetensors(tensors));
    expect((await readdir(folder)).filter((name) => name.includes("partial"))).toEqual([]);
  });
});
