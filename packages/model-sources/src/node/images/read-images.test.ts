import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PlumblineError } from "@plumbline/core";
import fc from "fast-check";
import sharp from "sharp";
import { afterAll, beforeAll, expect, describe as suite, test } from "vitest";
import type { RgbImage } from "../../images/rgb-image.ts";
import { openImageDecoder } from "./decode-image.ts";
import { createImageCounts } from "./image-counts.ts";
import { loadImagePreprocessor } from "./load-image-preprocessor.ts";
import { type ReadImagesOptions, readImages } from "./read-images.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "plumbline-images-"));
});
afterAll(() => rm(folder, { recursive: true }));

interface Decoded {
  readonly width: number;
  readonly height: number;
  /** base64 of the file and of its pixels */
  readonly file: string;
  readonly data: string;
}

const fixture = (name: string): URL => new URL(`../../../../../fixtures/images/${name}`, import.meta.url);

async function folderOf(name: string, files: Record<string, Uint8Array | string>): Promise<string> {
  const path = join(folder, name);
  for (const [file, content] of Object.entries(files)) {
    await mkdir(join(path, file, ".."), { recursive: true });
    await writeFile(join(path, file), content);
  }
  return path;
}

const png = (value: number, width = 1): Promise<Uint8Array> =>
  sharp(new Uint8Array(width * 3).fill(value), { raw: { width, height: 1, channels: 3 } })
    .png()
    .toBuffer();

async function all(path: string, options: Partial<ReadImagesOptions<RgbImage>> = {}) {
  const found: { image: RgbImage; where: string }[] = [];
  for await (const entry of readImages(path, { preprocess: (image) => image, ...options })) found.push(entry);
  return found;
}

interface Decoded {
  readonly width: number;
  readonly height: number;
  /** base64 of the file, and of the pixels that Pillow makes of it */
  readonly file: string;
  readonly data: string;
}

suite("readImages()", () => {
  test("decodes as Pillow does", async () => {
    const { files } = JSON.parse(await readFile(fixture("decoded.json"), "utf8"));
    const decode = await openImageDecoder({ maxPixels: 1e6 });
    expect(Object.keys(files).length).toBeGreaterThan(10);
    for (const [name, { width, height, file, data }] of Object.entries<Decoded>(files)) {
      const image = await decode(new Uint8Array(Buffer.from(file, "base64")), name);
      const expected = { width, height, data: new Uint8Array(Buffer.from(data, "base64")) };
      expect(image, name).toEqual(expected);
    }
  });

  test("takes the high byte of 16-bit grey, and makes RGB of CMYK", async () => {
    const decode = await openImageDecoder({ maxPixels: 1e6 });
    const grey = await sharp(Uint16Array.of(0x1234, 0xff00), { raw: { width: 2, height: 1, channels: 1 } })
      .toColourspace("grey16")
      .png()
      .toBuffer();
    expect((await decode(grey, "grey")).data).toEqual(Uint8Array.of(0x12, 0x12, 0x12, 255, 255, 255));
    const cmyk = await sharp({ create: { width: 8, height: 8, channels: 3, background: "#fff" } })
      .toColourspace("cmyk")
      .jpeg()
      .toBuffer();
    const { data } = await decode(cmyk, "cmyk");
    expect(data.length).toBe(8 * 8 * 3);
    expect(Math.min(...data)).toBeGreaterThan(250);
  });

  test("walks folders in the order of paths by code unit, past what is no image", async () => {
    const path = await folderOf("order", {
      "b.png": await png(1),
      "B.PNG": await png(2),
      "a/z.png": await png(3),
      "a-b.png": await png(4),
      "a/labels.csv": "z,1",
      ".hidden.png": "no",
      "a/._z.png": "no",
    });
    const found = await all(path);
    expect(found.map(({ where }) => where.slice(path.length + 1))).toEqual([
      "B.PNG",
      "a-b.png",
      "a/z.png",
      "b.png",
    ]);
    expect(found.map(({ image }) => image.data[0])).toEqual([2, 4, 3, 1]);
  });

  test("names a file that is no proper image, or counts it", async () => {
    const good = await png(9, 40);
    const path = await folderOf("bad", {
      "1.png": good,
      "2.png": good.subarray(0, good.length - 30),
      "3.jpg": '<svg xmlns="http://www.w3.org/2000/svg"/>',
      "4.bmp": "BM",
      "5.png": "",
      "6.png": await png(9, 41),
    });
    await expect(all(path)).rejects.toMatchObject({
      code: "bad-image",
      kind: "input",
      where: join(path, "2.png"),
    });
    const counts = createImageCounts();
    expect(await all(path, { onBad: "skip", counts, maxPixels: 40 })).toHaveLength(1);
    expect(counts).toMatchObject({
      images: 1,
      skipped: 5,
      firstSkipped: { where: join(path, "2.png") },
    });
    const limited = await folderOf("limited", { "1.png": good });
    await expect(all(limited, { maxPixels: 39 })).rejects.toMatchObject({ code: "image-too-large" });
    await expect(all(limited, { maxFileBytes: 20 })).rejects.toMatchObject({ code: "image-too-large" });
    const svg = await folderOf("svg", { "1.png": "<svg/>" });
    await expect(all(svg)).rejects.toMatchObject({ code: "unsupported-image" });
  });

  test("says so where there is nothing to read, and stops when told", async () => {
    const path = await folderOf("empty", { "readme.md": "" });
    await expect(all(path)).rejects.toMatchObject({ code: "no-images", kind: "input" });
    await expect(all(join(folder, "none"))).rejects.toMatchObject({ code: "no-such-file" });
    await expect(all(join(path, "readme.md"))).rejects.toMatchObject({ code: "not-a-folder" });
    const loop = await folderOf("loop", { "1.png": await png(1) });
    await symlink(loop, join(loop, "up"));
    await expect(all(loop)).rejects.toMatchObject({ code: "limit-exceeded" });
    await expect(all(loop, { signal: AbortSignal.abort() })).rejects.toMatchObject({ kind: "interrupted" });
    expect(() => readImages(path, { preprocess: () => 0, maxPixels: 0 })).toThrow("maxPixels");
    expect(() => readImages(path, { preprocess: () => 0, onBad: "no" as "skip" })).toThrow("onBad");
  });

  test("passes on what the caller's function throws", async () => {
    const path = await folderOf("throws", { "1.png": await png(1) });
    const preprocess = (): never => {
      throw new TypeError("mine");
    };
    await expect(all(path, { preprocess, onBad: "skip" })).rejects.toThrow("mine");
  });

  test("answers any bytes with an image or an error of ours", async () => {
    const decode = await openImageDecoder({ maxPixels: 1e6 });
    const { files } = JSON.parse(await readFile(fixture("decoded.json"), "utf8"));
    const originals = Object.values<{ file: string }>(files).map(({ file }) => Buffer.from(file, "base64"));
    const damaged = fc
      .record({
        original: fc.constantFrom(...originals),
        length: fc.double({ min: 0, max: 1, noNaN: true }),
        changes: fc.array(fc.tuple(fc.nat(2000), fc.nat(255)), { maxLength: 6 }),
      })
      .map(({ original, length, changes }) => {
        const bytes = new Uint8Array(original.subarray(0, Math.ceil(original.length * length)));
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        return bytes;
      });
    await fc.assert(
      fc.asyncProperty(fc.oneof(damaged, fc.uint8Array()), async (bytes) => {
        try {
          const { width, height, data } = await decode(bytes, "fuzz");
          expect(data.length).toBe(width * height * 3);
        } catch (error) {
          expect(PlumblineError.isInstance(error) && error.kind).toBe("input");
        }
      }),
      { numRuns: 300 },
    );
  });
});

suite("loadImagePreprocessor()", () => {
  test("reads the model's file, and says what to do where there is none", async () => {
    const path = await folderOf("model", { "preprocessor_config.json": '{ "size": 5 }' });
    const preprocess = await loadImagePreprocessor(path);
    expect(preprocess({ width: 1, height: 1, data: new Uint8Array(3) })).toMatchObject({
      height: 5,
      width: 5,
    });
    await expect(loadImagePreprocessor(folder)).rejects.toMatchObject({
      code: "no-preprocessor",
      kind: "input",
    });
    const bad = await folderOf("bad-model", { "preprocessor_config.json": "{" });
    await expect(loadImagePreprocessor(bad)).rejects.toMatchObject({ kind: "input" });
    const large = await folderOf("large-model", { "preprocessor_config.json": " ".repeat(2 ** 20 + 1) });
    await expect(loadImagePreprocessor(large)).rejects.toMatchObject({ kind: "input" });
  });
});
