import { nearest } from "@plumbline/core";
import { fileError, quote } from "../errors.ts";

/** What a `preprocessor_config.json` says, with the defaults of its kind filled in. */
export interface ProcessorSettings {
  readonly resize: { readonly size: TargetSize; readonly resample: number } | undefined;
  readonly crop: { readonly height: number; readonly width: number } | undefined;
  /** 1 where values are not rescaled */
  readonly rescaleFactor: number | undefined;
  readonly normalize: { readonly mean: readonly number[]; readonly std: readonly number[] } | undefined;
}

export type TargetSize =
  | { readonly height: number; readonly width: number }
  | { readonly shortestEdge: number };

const half = [0.5, 0.5, 0.5];
/** Means and deviations of the pictures that CLIP was trained on. */
const clipMean = [0.48145466, 0.4578275, 0.40821073];
const clipStd = [0.26862954, 0.26130258, 0.27577711];

interface Family {
  readonly size: unknown;
  readonly cropSize: unknown;
  readonly crop: boolean;
  /** what a single number as `size` means */
  readonly intIsShortestEdge: boolean;
  readonly resample: number;
  readonly mean: readonly number[];
  readonly std: readonly number[];
}

const square = (edge: number) => ({ height: edge, width: edge });
const vit: Family = {
  size: square(224),
  cropSize: square(224),
  crop: false,
  intIsShortestEdge: false,
  resample: 2,
  mean: half,
  std: half,
};
const deit: Family = { ...vit, size: square(256), crop: true, resample: 3 };
const clip: Family = {
  ...deit,
  size: { shortest_edge: 224 },
  intIsShortestEdge: true,
  mean: clipMean,
  std: clipStd,
};

/** Kinds by the beginning of their processors' names; all others are taken for ViT's. */
const families: readonly (readonly [string, Family])[] = [
  ["CLIP", clip],
  ["ChineseCLIP", clip],
  ["Bit", clip],
  ["DeiT", deit],
];

/** Settings that change pixels in ways that are not done here. */
const refusedFlags = [
  "do_pad",
  "do_thumbnail",
  "do_align_long_axis",
  "do_crop_margin",
  "do_flip_channel_order",
  "do_image_splitting",
  "rescale_offset",
];

/** No model takes larger images; a larger number is a mistake or an attack. */
const maxEdge = 16_384;

type Config = Readonly<Record<string, unknown>>;

class ConfigReader {
  readonly config: Config;
  readonly where: string;

  constructor(config: Config, where: string) {
    this.config = config;
    this.where = where;
  }

  bad(key: string, expected: string, value: unknown): never {
    const text = JSON.stringify(value) ?? String(value);
    throw fileError({
      code: "bad-preprocessor",
      message: `imagePreprocessor(): expected ${key} to be ${expected}, got ${text.length > 80 ? `${text.slice(0, 80)}…` : text}`,
      where: this.where,
      hint: `correct ${quote(key)} in the file, or leave it out for the default`,
    });
  }

  /** Missing and null are the same to transformers. */
  value(key: string): unknown {
    return Object.hasOwn(this.config, key) ? (this.config[key] ?? undefined) : undefined;
  }

  flag(key: string, otherwise: boolean): boolean {
    const value = this.value(key) ?? otherwise;
    return typeof value === "boolean" ? value : this.bad(key, "true or false", value);
  }

  number(key: string, otherwise: number): number {
    const value = this.value(key) ?? otherwise;
    return typeof value === "number" && Number.isFinite(value) ? value : this.bad(key, "a number", value);
  }

  channels(key: string, otherwise: readonly number[]): readonly number[] {
    const value = this.value(key) ?? otherwise;
    const list = typeof value === "number" ? [value, value, value] : value;
    const fits =
      Array.isArray(list) &&
      list.length === 3 &&
      list.every((entry) => typeof entry === "number" && Number.isFinite(entry));
    return fits ? (list as number[]) : this.bad(key, "a number or three of them", value);
  }

  size(key: string, otherwise: unknown, intIsShortestEdge: boolean): TargetSize {
    const value = this.value(key) ?? otherwise;
    const edge = (candidate: unknown): number =>
      Number.isSafeInteger(candidate) && Number(candidate) >= 1 && Number(candidate) <= maxEdge
        ? Number(candidate)
        : this.bad(key, `sizes from 1 to ${maxEdge}`, value);
    if (typeof value === "number") {
      return intIsShortestEdge ? { shortestEdge: edge(value) } : square(edge(value));
    }
    if (Array.isArray(value) && value.length === 2) return { height: edge(value[0]), width: edge(value[1]) };
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      return this.bad(key, "a number, {height, width} or {shortest_edge}", value);
    }
    const found = value as Config;
    const names = Object.keys(found).sort().join();
    if (names === "height,width") return { height: edge(found.height), width: edge(found.width) };
    if (names === "shortest_edge") return { shortestEdge: edge(found.shortest_edge) };
    return this.bad(key, "a number, {height, width} or {shortest_edge}", value);
  }
}

function typeOf(reader: ConfigReader): string {
  const value = reader.value("image_processor_type") ?? reader.value("feature_extractor_type") ?? "";
  return typeof value === "string" ? value : reader.bad("image_processor_type", "a name", value);
}

function refuseUnknownSteps(reader: ConfigReader): void {
  for (const key of refusedFlags) {
    if (!reader.flag(key, false)) continue;
    throw fileError({
      code: "unsupported-preprocessing",
      message: `imagePreprocessor(): ${key} is not known here; known are do_resize, do_center_crop, do_rescale and do_normalize`,
      where: reader.where,
      hint: "prepare the images in Python, or pass a preprocess function of your own",
    });
  }
  // A step under a misspelt name would silently not be done.
  const steps = ["do_resize", "do_center_crop", "do_rescale", "do_normalize"];
  const known = [...steps, ...refusedFlags, "do_convert_rgb", "do_reduce_labels"];
  for (const key of Object.keys(reader.config)) {
    if (!key.startsWith("do_") || known.includes(key) || reader.config[key] !== true) continue;
    const near = nearest(key, steps);
    throw fileError({
      code: "unsupported-preprocessing",
      message: `imagePreprocessor(): ${quote(key)} is not known here`,
      where: reader.where,
      hint: near === undefined ? `known are ${steps.join(", ")}` : `did you mean ${near}?`,
    });
  }
}

/** @throws PlumblineError (kind `input`) `bad-preprocessor`, `unsupported-preprocessing` */
export function processorSettings(config: unknown, where: string): ProcessorSettings {
  if (typeof config !== "object" || config === null || Array.isArray(config)) {
    return new ConfigReader({}, where).bad("the configuration", "an object", config);
  }
  const reader = new ConfigReader(config as Config, where);
  refuseUnknownSteps(reader);
  const type = typeOf(reader);
  const family = families.find(([start]) => type.startsWith(start))?.[1] ?? vit;
  const size = reader.size("size", family.size, family.intIsShortestEdge);
  const resample = reader.number("resample", family.resample);
  if (![0, 1, 2, 3, 4, 5].includes(resample)) {
    reader.bad("resample", "0 nearest, 1 Lanczos, 2 bilinear, 3 bicubic, 4 box or 5 Hamming", resample);
  }
  const cropSize = reader.size("crop_size", family.cropSize, false);
  if ("shortestEdge" in cropSize)
    reader.bad("crop_size", "a number or {height, width}", reader.value("crop_size"));
  const rescaleFactor = reader.number("rescale_factor", 1 / 255);
  const std = reader.channels("image_std", family.std);
  if (std.includes(0)) reader.bad("image_std", "numbers other than 0", reader.value("image_std"));
  const mean = reader.channels("image_mean", family.mean);
  // ViT's processor has no such step and passes over the setting.
  const crops = !type.startsWith("ViT") && reader.flag("do_center_crop", family.crop);
  return {
    resize: reader.flag("do_resize", true) ? { size, resample } : undefined,
    crop: crops ? (cropSize as { height: number; width: number }) : undefined,
    rescaleFactor: reader.flag("do_rescale", true) ? rescaleFactor : undefined,
    normalize: reader.flag("do_normalize", true) ? { mean, std } : undefined,
  };
}
