import { readFileSync } from "node:fs";
import { expect, describe as suite, test } from "vitest";
import { resizeImage } from "./resize-image.ts";
import type { RgbImage } from "./rgb-image.ts";

interface Written {
  readonly width: number;
  readonly height: number;
  readonly data: string;
}

const fixture: {
  images: Record<string, Written>;
  resized: (Written & { image: string; resample: number })[];
} = JSON.parse(readFileSync(new URL("../../../../fixtures/images/resize.json", import.meta.url), "utf8"));

const read = ({ width, height, data }: Written): RgbImage => ({
  width,
  height,
  data: new Uint8Array(Buffer.from(data, "base64")),
});

suite("resizeImage()", () => {
  test.each([0, 1, 2, 3, 4, 5])("gives Pillow's bytes with filter %i", (resample) => {
    const cases = fixture.resized.filter((entry) => entry.resample === resample);
    expect(cases.length).toBeGreaterThan(10);
    for (const entry of cases) {
      const image = read(fixture.images[entry.image] as Written);
      const { width, height } = entry;
      expect(resizeImage(image, { width, height, resample }), `${entry.image} to ${width}×${height}`).toEqual(
        read(entry),
      );
    }
  });

  test("averages two pixels of a row, halves rounded up", () => {
    // Bilinear from 2 to 1: centre 1, weights 1/2 each. (10 + 21) / 2 = 15.5 → 16, (0 + 255) / 2 = 127.5 → 128.
    const image = { width: 2, height: 1, data: Uint8Array.of(10, 0, 7, 21, 255, 7) };
    expect(resizeImage(image, { width: 1, height: 1, resample: 2 }).data).toEqual(Uint8Array.of(16, 128, 7));
  });
});
