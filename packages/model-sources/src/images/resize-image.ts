import type { RgbImage } from "./rgb-image.ts";

interface Filter {
  /** half of the width over which it is not 0, in pixels of the larger grid */
  readonly support: number;
  readonly weight: (x: number) => number;
}

const sinc = (x: number): number => (x === 0 ? 1 : Math.sin(x * Math.PI) / (x * Math.PI));

/** Keys' cubic with a = −0.5. */
function cubic(x: number): number {
  const a = -0.5;
  const t = Math.abs(x);
  if (t < 1) return ((a + 2) * t - (a + 3)) * t * t + 1;
  return t < 2 ? (((t - 5) * t + 8) * t - 4) * a : 0;
}

function hamming(x: number): number {
  const t = Math.abs(x);
  if (t === 0) return 1;
  return t >= 1 ? 0 : sinc(t) * (0.54 + 0.46 * Math.cos(t * Math.PI));
}

/** Pillow's numbers for its filters; 0 is the nearest pixel, which is no filter. */
const filters: Readonly<Record<number, Filter>> = {
  1: { support: 3, weight: (x) => (x >= -3 && x < 3 ? sinc(x) * sinc(x / 3) : 0) },
  2: { support: 1, weight: (x) => Math.max(0, 1 - Math.abs(x)) },
  3: { support: 2, weight: cubic },
  4: { support: 0.5, weight: (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) },
  5: { support: 1, weight: hamming },
};

/** Pillow's fixed point for 8-bit images: 32 bits less 8 of a byte and 2 to overshoot. */
const precision = 2 ** 22;

/** Which pixels of a line make each new one: `weights` of `count` pixels from `start` on, in fixed point. */
interface Line {
  readonly starts: Int32Array;
  readonly counts: Int32Array;
  readonly weights: Int32Array;
  /** weights kept for each new pixel */
  readonly stride: number;
}

function weightsOfLine(from: number, to: number, filter: Filter): Line {
  const scale = from / to;
  // Shrinking widens the filter, so that every old pixel counts.
  const filterScale = Math.max(1, scale);
  const support = filter.support * filterScale;
  const stride = Math.ceil(support) * 2 + 1;
  const starts = new Int32Array(to);
  const counts = new Int32Array(to);
  const weights = new Int32Array(to * stride);
  const line = new Float64Array(stride);
  for (let i = 0; i < to; i++) {
    const center = (i + 0.5) * scale;
    const start = Math.max(0, Math.trunc(center - support + 0.5));
    const count = Math.min(from, Math.trunc(center + support + 0.5)) - start;
    let sum = 0;
    for (let k = 0; k < count; k++) {
      const weight = filter.weight((k + start - center + 0.5) * (1 / filterScale));
      line[k] = weight;
      sum += weight;
    }
    for (let k = 0; k < count; k++) {
      const share = sum === 0 ? (line[k] ?? 0) : (line[k] ?? 0) / sum;
      weights[i * stride + k] = Math.trunc(share * precision + (share < 0 ? -0.5 : 0.5));
    }
    starts[i] = start;
    counts[i] = count;
  }
  return { starts, counts, weights, stride };
}

/** New lines along one axis. `step` is the distance of neighbours along it, in bytes; all else is `outer` × `inner`. */
function convolve(
  data: Uint8Array,
  line: Line,
  axis: { readonly from: number; readonly step: number; readonly outer: number },
): Uint8Array {
  const { starts, counts, weights, stride } = line;
  const { from, step, outer } = axis;
  const to = starts.length;
  const result = new Uint8ClampedArray(outer * to * step);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < to; i++) {
      const first = (o * from + (starts[i] ?? 0)) * step;
      const count = counts[i] ?? 0;
      const target = (o * to + i) * step;
      for (let inner = 0; inner < step; inner++) {
        let sum = precision / 2;
        let source = first + inner;
        for (let k = 0; k < count; k++) {
          sum += (data[source] ?? 0) * (weights[i * stride + k] ?? 0);
          source += step;
        }
        result[target + inner] = Math.floor(sum / precision);
      }
    }
  }
  return new Uint8Array(result.buffer);
}

/** Where the nearest old pixel of each new one lies; steps are added up, as Pillow does it. */
function nearestOfLine(from: number, to: number): Int32Array {
  const step = from / to;
  let position = step * 0.5;
  return Int32Array.from({ length: to }, () => {
    const found = Math.min(from - 1, Math.trunc(position));
    position += step;
    return found;
  });
}

function nearestPixels(image: RgbImage, width: number, height: number): Uint8Array {
  const columns = nearestOfLine(image.width, width);
  const rows = nearestOfLine(image.height, height);
  const data = new Uint8Array(width * height * 3);
  let target = 0;
  for (const row of rows) {
    for (const column of columns) {
      const source = (row * image.width + column) * 3;
      data[target++] = image.data[source] ?? 0;
      data[target++] = image.data[source + 1] ?? 0;
      data[target++] = image.data[source + 2] ?? 0;
    }
  }
  return data;
}

/**
 * Resizes as Pillow's `Image.resize` does, byte for byte: a separable convolution, first along rows, then along columns,
 * each rounded to 8 bits, with weights in fixed point.
 *
 * @param size.resample Pillow's number: 0 nearest, 1 Lanczos, 2 bilinear, 3 bicubic, 4 box, 5 Hamming
 * @source Pillow's `Resample.c`; agrees with `fixtures/images/resize.json`
 */
export function resizeImage(
  image: RgbImage,
  size: { readonly width: number; readonly height: number; readonly resample: number },
): RgbImage {
  const { width, height, resample } = size;
  if (width === image.width && height === image.height) return image;
  const filter = filters[resample];
  if (filter === undefined) return { width, height, data: nearestPixels(image, width, height) };
  let data = image.data;
  if (width !== image.width) {
    const line = weightsOfLine(image.width, width, filter);
    data = convolve(data, line, { from: image.width, step: 3, outer: image.height });
  }
  if (height !== image.height) {
    const line = weightsOfLine(image.height, height, filter);
    data = convolve(data, line, { from: image.height, step: width * 3, outer: 1 });
  }
  return { width, height, data };
}
