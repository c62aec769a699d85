import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { PlumblineError } from "@plumbline/core";
import { extractConfig, trainConfig } from "./configs.ts";
import { contestants, type DemoSettings } from "./settings.ts";
import type { Split } from "./texts.ts";

/** `20261121-064500`, in local time. */
function timeStamp(now: Date): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  const date = `${now.getFullYear()}${two(now.getMonth() + 1)}${two(now.getDate())}`;
  return `${date}-${two(now.getHours())}${two(now.getMinutes())}${two(now.getSeconds())}`;
}

/** Where the demo writes when nobody says: `runs/demo-<time>`. */
export function defaultFolder(now: Date): string {
  return join("runs", `demo-${timeStamp(now)}`);
}

/** The configurations in the demo's folder, by what they are for. */
export interface DemoFiles {
  readonly folder: string;
  extraction(split: Split): string;
  /** of a contestant's training */
  training(contestantFolder: string): string;
}

/**
 * Makes the demo's folder with all its configurations.
 *
 * @throws PlumblineError `output-exists`
 */
export async function makeDemoFolder(folder: string, settings: DemoSettings): Promise<DemoFiles> {
  await mkdir(dirname(folder), { recursive: true });
  try {
    await mkdir(folder);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== "EEXIST") throw cause;
    throw new PlumblineError({
      code: "output-exists",
      kind: "usage",
      message: "[demo] runDemo(): the output exists already",
      where: folder,
      hint: "choose another --out or remove it first",
      cause,
    });
  }
  const files: DemoFiles = {
    folder,
    extraction: (split) => join(folder, `extract-${split}.json`),
    training: (name) => join(folder, `${name}.json`),
  };
  const write = (path: string, config: object): Promise<void> =>
    writeFile(path, `${JSON.stringify(config, undefined, 2)}\n`);
  for (const split of ["train", "held-out"] as const) {
    const file = files.extraction(split);
    await write(file, extractConfig(settings, { split, file }));
  }
  for (const contestant of contestants) {
    await write(files.training(contestant.folder), trainConfig(settings, contestant));
  }
  return files;
}
