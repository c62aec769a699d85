import { readFileSync } from "node:fs";
import { expect, describe as suite, test } from "vitest";
import {
  arrayIds,
  auxkForms,
  configFields,
  controlFields,
  counterFields,
  families,
  levels,
  penalties,
  reportFields,
  rowMaps,
  thresholdAverages,
} from "./layout.ts";

const header = (name: string): string =>
  readFileSync(new URL(`../../native/core/${name}`, import.meta.url), "utf8");

/** Names of a C++ enum in order, without the last `k…Fields`. */
function namesOf(source: string, enumName: string): string[] {
  const body = new RegExp(`enum ${enumName} : int \\{([^}]*)\\}`).exec(source)?.[1] ?? "";
  return body
    .replace(/\/\/.*$/gm, "")
    .split(",")
    .map((part) => (part.split("=")[0] ?? "").trim())
    .filter((name) => name !== "");
}

const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);
const without = (prefix: string, names: readonly string[]): string[] =>
  names.filter((name) => !name.endsWith("Fields")).map((name) => lowerFirst(name.slice(prefix.length)));

suite("the orders of numbers that TypeScript and C++ share", () => {
  test("fields of configurations and controls", () => {
    expect(without("kField", namesOf(header("api.h"), "ConfigField"))).toEqual([...configFields]);
    expect(without("kControl", namesOf(header("api.h"), "ControlField"))).toEqual([...controlFields]);
    expect(header("api.h")).toContain(`[${counterFields.join(", ")}]`);
  });

  test("fields of a report", () => {
    const body = /struct Report \{([\s\S]*?)\n\};/.exec(header("engine.h"))?.[1] ?? "";
    const names = [...body.replace(/\/\/.*$/gm, "").matchAll(/double ([^;]*);/g)].flatMap((line) =>
      (line[1] ?? "").split(",").map((name) => name.trim()),
    );
    expect(names).toEqual([...reportFields]);
  });

  test("choices", () => {
    const count = (enumName: string): number => namesOf(header("engine.h"), enumName).length;
    expect(namesOf(header("engine.h"), "Family")).toEqual([
      "kTopK",
      "kBatchTopK",
      "kRelu",
      "kJumpRelu",
      "kGated",
    ]);
    expect(families.length).toBe(count("Family"));
    expect(rowMaps.length).toBe(count("RowMap"));
    expect(penalties.length).toBe(count("Penalty"));
    expect(auxkForms.length).toBe(count("AuxkForm"));
    expect(thresholdAverages.length).toBe(count("ThresholdAverage"));
    expect(namesOf(header("kernels.h"), "Level").slice(0, -1)).toEqual(["kF32", "kBf16", "kI8", "kI16"]);
    expect([...levels]).toEqual(["fp32", "bf16", "int8", "int16"]);
  });

  test("numbers of arrays", () => {
    const numbers = Object.fromEntries(
      [...header("api.h").matchAll(/kArray(\w+) = (\d+)/g)].map(([, name, value]) => [name, Number(value)]),
    );
    expect(numbers).toEqual({
      Value: arrayIds.value("encoder"),
      Mean: arrayIds.mean("encoder"),
      Variance: arrayIds.variance("encoder"),
      TokensSinceFired: arrayIds.tokensSinceFired,
      MappedEncoder: arrayIds.effectiveEncoder,
      DecoderNorm: arrayIds.decoderNorm,
      MagnitudeScale: arrayIds.magnitudeScale,
      MagnitudeBias: arrayIds.magnitudeBias,
      Theta: arrayIds.theta,
    });
  });
});
