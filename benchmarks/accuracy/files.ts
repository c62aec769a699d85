import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { arrayOf, parameterNames, type ReferenceCase } from "../../tests/equality/case.ts";
import type { CaseSettings } from "./case.ts";

/** What the participants share, in a folder: settings, and parameters and batch of each case for those who cannot draw them. */
export const settingsFile = "cases.json";

/** What a participant prints, as JSON, when its gradients lie in its folder. */
export type Answer =
  | { readonly device: string; readonly losses: Readonly<Record<string, number>> }
  | { readonly skip: string };

const folderOf = (folder: string, settings: CaseSettings): string =>
  join(folder, settings.name.replaceAll(" ", "-"));

/** Writes arrays of one case, raw. */
export function writeArrays(
  folder: string,
  settings: CaseSettings,
  arrays: Readonly<Record<string, Float32Array | Float64Array>>,
): void {
  const own = folderOf(folder, settings);
  mkdirSync(own, { recursive: true });
  for (const [name, data] of Object.entries(arrays)) {
    writeFileSync(join(own, `${name}.${data instanceof Float64Array ? "f64" : "f32"}`), data);
  }
}

/** Parameters and batch of a case, by name. */
export function givenArrays(one: ReferenceCase): Record<string, Float32Array> {
  const parameters = parameterNames(one.state).map(
    (name) => [name, arrayOf(one.state, `parameter/${name}`)] as const,
  );
  return { batch: one.batch, ...Object.fromEntries(parameters) };
}

/** Gradients that a participant left. */
export function readGradients(
  folder: string,
  settings: CaseSettings,
  names: readonly string[],
): Record<string, Float64Array> {
  return Object.fromEntries(
    names.map((name) => {
      const bytes = readFileSync(join(folderOf(folder, settings), `${name}.f64`));
      return [name, new Float64Array(Uint8Array.from(bytes).buffer)];
    }),
  );
}
