import { defineConfig, type Options } from "tsup";

/** What every package builds alike: ESM, one bundle an entry, declarations unless only the program is wanted. */
export function library(
  entry: Record<string, string>,
  options: Options = {},
): ReturnType<typeof defineConfig> {
  return defineConfig({
    entry,
    format: ["esm"],
    target: "node20",
    platform: "neutral",
    dts: process.env.PLUMBLINE_BUILD !== "js",
    clean: true,
    silent: true,
    sourcemap: true,
    ...options,
  });
}
