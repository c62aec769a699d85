import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, describe as suite, test } from "vitest";
import { encodeSafetensors } from "../encode-safetensors.ts";
import { openSafetensors } from "./open-safetensors.ts";
import { writeSafetensors } from "./write-safetensors.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plumbline-safetensors-"));
});
afterAll(() => rm(folder, { recursive: true }));

const tensors = {
  x: { shape: [3, 2], data: Float32Array.of(0, 1, 2, 3, 4, 5) },
  half: { shape: [3, 1], data: Uint16Array.of(0x3c00, 0x4000, 0xc000), dtype: "F16" },
  ids: { shape: [3], data: BigInt64Array.of(7n, 8n, 2n ** 40n) },
  one: { shape: [], data: Int32Array.of(5) },
  none: { shape: [0, 2], data: new Float32Array() },
} as const;

async function opened(name: string) {
  const path = join(folder, name);
  await writeSafetensors(path, tensors, { unit: "none" });
  return openSafetensors(path);
}

suite("openSafetensors()", () => {
  test("reads metadata, tensors and rows", async () => {
    const file = await opened("rows.safetensors");
    expect(file.metadata.unit).toBe("none");
    expect(file.tensors.get("x")?.shape).toEqual([3, 2]);
    expect(await file.float32("x")).toEqual({ shape: [3, 2], data: tensors.x.data });
    expect(await file.float32Rows("x", 1, 2)).toEqual({ shape: [2, 2], data: Float32Array.of(2, 3, 4, 5) });
    expect(await file.float32Rows("half", 1, 2)).toEqual({ shape: [2, 1], data: Float32Array.of(2, -2) });
    expect(await file.int32Rows("ids", 0, 2)).toEqual({ shape: [2], data: Int32Array.of(7, 8) });
    expect(await file.int32("one")).toEqual({ shape: [], data: Int32Array.of(5) });
    expect(await file.float32Rows("none", 0, 0)).toEqual({ shape: [0, 2], data: new Float32Array() });
    expect(await file.bytes("half")).toEqual(Uint8Array.of(0x00, 0x3c, 0x00, 0x40, 0x00, 0xc0));
    await file.close();
  });

  test("reads rows into a part of the caller's array", async () => {
    const file = await opened("out.safetensors");
    const out = new Float32Array(6).fill(-1);
    await file.float32Rows("x", 2, 1, out.subarray(2, 4));
    await file.float32Rows("half", 0, 1, out.subarray(5));
    expect(out).toEqual(Float32Array.of(-1, -1, 4, 5, -1, 1));
    await file.close();
  });

  test("reads elements across rows", async () => {
    const file = await opened("elements.safetensors");
    expect(await file.float32Elements("x", 1, 4)).toEqual(Float32Array.of(1, 2, 3, 4));
    expect(await file.int32Elements("one", 0, 1)).toEqual(Int32Array.of(5));
    await expect(file.float32Elements("x", 5, 2)).rejects.toThrow("elements within 0 to 6");
    await expect(file.float32Elements("x", 0, 1, new Float32Array(2))).rejects.toMatchObject({
      code: "shape-mismatch",
    });
    await file.close();
  });

  test("converts tensors larger than one block", async () => {
    // Blocks are 2^22 bytes: 2^21 + 3 halves take two.
    const data = Uint16Array.from({ length: 2 ** 21 + 3 }, (_, i) => 0x3c00 + (i % 7));
    const path = join(folder, "blocks.safetensors");
    await writeSafetensors(path, { x: { shape: [data.length], data, dtype: "F16" } });
    const file = await openSafetensors(path);
    const { data: read } = await file.float32("x");
    // 0x3c00 is 1, and each pattern more adds 2^-10.
    expect(read.every((value, i) => value === 1 + (i % 7) * 2 ** -10)).toBe(true);
    await file.close();
  });

  test("refuses what is not there, in words", async () => {
    const file = await opened("refusals.safetensors");
    await expect(file.float32("y")).rejects.toThrow('the file has no tensor "y"');
    await expect(file.float32("hal")).rejects.toThrow('did you mean "half"?');
    await expect(file.float32Rows("x", 2, 2)).rejects.toThrow(
      "rows within 0 to 3 of shape [3, 2], got 2 to 4",
    );
    await expect(file.float32Rows("x", -1, 1)).rejects.toMatchObject({ code: "row-out-of-range" });
    await expect(file.float32Rows("x", 0.5, 1)).rejects.toMatchObject({ code: "row-out-of-range" });
    await expect(file.int32Rows("one", 0, 1)).rejects.toMatchObject({ code: "row-out-of-range" });
    await expect(file.float32Rows("x", 0, 1, new Float32Array(3))).rejects.toMatchObject({
      code: "shape-mismatch",
    });
    await expect(file.int32("x")).rejects.toMatchObject({ code: "dtype-mismatch", kind: "input" });
    await expect(file.int32Rows("none", 0, 0)).rejects.toMatchObject({ code: "dtype-mismatch" });
    await expect(file.int32Rows("ids", 1, 2)).rejects.toThrow("element 2 is 1099511627776");
    await file.close();
    await file.close();
    await expect(file.float32("x")).rejects.toMatchObject({ code: "file-closed" });
  });

  test("refuses paths that hold no file", async () => {
    await expect(openSafetensors(folder)).rejects.toMatchObject({ code: "not-a-file", kind: "input" });
    await expect(openSafetensors("/dev/zero")).rejects.toMatchObject({ code: "not-a-file" });
    await expect(openSafetensors(join(folder, "none"))).rejects.toMatchObject({ code: "no-such-file" });
  });

  test("refuses damaged files with their path", async () => {
    const path = join(folder, "damaged.safetensors");
    const whole = encodeSafetensors(tensors);
    for (const [nBytes, code] of [
      [0, "truncated-file"],
      [7, "truncated-file"],
      [20, "truncated-file"],
      [whole.length - 1, "bad-layout"],
    ] as const) {
      await writeFile(path, whole.subarray(0, nBytes));
      await expect(openSafetensors(path)).rejects.toMatchObject({ code, kind: "input" });
      await expect(openSafetensors(path)).rejects.toThrow(path);
    }
  });

  test("says so when a file becomes shorter under its hands", async () => {
    const file = await opened("shrinks.safetensors");
    await truncate(file.path, 100);
    await expect(file.float32("x")).rejects.toThrow("became shorter while it was read");
    await file.close();
  });

  test("refuses a tensor that no memory can hold, and reads its rows", async () => {
    const path = join(folder, "sparse.safetensors");
    const shape = [2 ** 38, 2];
    const json = `{"x":{"dtype":"F32","shape":[${shape}],"data_offsets":[0,${2 ** 41}]}}`;
    await writeFile(path, Uint8Array.of(json.length, 0, 0, 0, 0, 0, 0, 0, ...new TextEncoder().encode(json)));
    // 2 TiB of zeros take no room on the disk of a file system with holes; others refuse the test.
    const held = await truncate(path, 8 + json.length + 2 ** 41).then(
      () => true,
      () => false,
    );
    if (!held) return;
    const file = await openSafetensors(path);
    await expect(file.float32("x")).rejects.toMatchObject({ code: "tensor-too-large", kind: "input" });
    expect((await file.float32Rows("x", 2 ** 38 - 1, 1)).data).toEqual(new Float32Array(2));
    await file.close();
  });
});
