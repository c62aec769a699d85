import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { readSafetensors, type SafetensorsFile } from "@plumbline/safetensors";

/** One step of a reference library's run, as it recorded it. */
export interface GoldenStep {
  readonly loss: number;
  readonly terms: Readonly<Record<string, number>>;
  readonly controls: Readonly<Record<string, number | null>>;
  readonly learningRate: number;
  readonly gradientNormBeforeClip?: number;
  readonly deadLatents?: number;
  readonly l0: number;
  readonly sparsityQueue?: readonly (readonly [number, number])[];
}

/** What `tools/golden` recorded of one run; its README says what each part is. */
export interface GoldenDescription {
  readonly shape: {
    readonly dIn: number;
    readonly dSae: number;
    readonly batchSize: number;
    readonly nSteps: number;
  };
  readonly settings: Readonly<Record<string, unknown>>;
  readonly trainer?: Readonly<Record<string, unknown>>;
  readonly trainerAttributesPatched?: Readonly<Record<string, number>>;
  readonly steps: readonly GoldenStep[];
}

export interface Golden extends GoldenDescription {
  readonly tensors: SafetensorsFile;
}

const folder = fileURLToPath(new URL("../../fixtures/golden/", import.meta.url));

export const goldenNames: readonly string[] = readdirSync(folder)
  .filter((name) => name.endsWith(".json"))
  .map((name) => name.slice(0, -".json".length));

export function readGolden(name: string): Golden {
  const description = JSON.parse(readFileSync(`${folder}${name}.json`, "utf8")) as GoldenDescription;
  return {
    ...description,
    tensors: readSafetensors(new Uint8Array(readFileSync(`${folder}${name}.safetensors`))),
  };
}

/** Float32 tensors under a prefix, by the rest of their names. */
export function floatsUnder(golden: Golden, prefix: string): Record<string, Float32Array> {
  const names = [...golden.tensors.tensors.values()].filter(
    (t) => t.name.startsWith(prefix) && t.dtype === "F32",
  );
  return Object.fromEntries(
    names.map((t) => [t.name.slice(prefix.length), golden.tensors.float32(t.name).data]),
  );
}
