import { expect, describe as suite, test } from "vitest";
import { configFields } from "../core/layout.ts";
import { coreConfig } from "./core-config.ts";
import { planFor } from "./plan.ts";

const optimizer = { kind: "adam", beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;
const architecture = (
  activation: string,
  details: Record<string, number | string | boolean | readonly number[]>,
  rowMap = "none",
): Parameters<typeof planFor>[0] => ({
  name: activation,
  decoderRows: "unit",
  optimizer,
  fused: { activation, rowMap, details },
});

suite("planFor()", () => {
  test("says in words what there are no kernels for", () => {
    const reason = (one: Parameters<typeof planFor>[0]): string | undefined => planFor(one).unsupported;
    expect(reason({ name: "mine", decoderRows: "unit", optimizer })).toMatch(/"mine" has no fused form/);
    expect(reason(architecture("gated", {}))).toMatch(/activation "gated"/);
    expect(reason(architecture("topk", {}, "own-map"))).toMatch(/row map "own-map"/);
    expect(reason(architecture("relu", { penalty: "l2" }))).toMatch(/penalty "l2"/);
    expect(reason(architecture("jumprelu", { penalty: "step", preActCoefficient: 0.1 }))).toMatch(
      /preActs term/,
    );
    expect(reason(architecture("batch-topk", { groupFractions: new Array(65).fill(1 / 65) }))).toMatch(/64/);
  });

  test("names what is stored: free rows under a map, no encoder where it is tied, either form of the threshold", () => {
    const names = (one: Parameters<typeof planFor>[0]): unknown => planFor(one).plan?.parameters;
    expect(names(architecture("topk", { k: 3 }))).toMatchObject({ encoder: "encoder" });
    expect(names(architecture("topk", { k: 3 }, "projection"))).toMatchObject({ encoder: "encoderFree" });
    expect(names(architecture("topk", { k: 3 }, "tied"))).not.toHaveProperty("encoder");
    const jump = { penalty: "tanh", thresholdForm: "log" };
    expect(names(architecture("jumprelu", jump))).toMatchObject({ threshold: "logThreshold" });
  });

  test("ranks by norm only where rows are free", () => {
    const one = architecture("topk", { k: 3, rankByDecoderNorm: true });
    expect(planFor(one).plan?.rankByNorm).toBe(false);
    expect(planFor({ ...one, decoderRows: "free" }).plan?.rankByNorm).toBe(true);
  });
});

suite("coreConfig()", () => {
  test("puts numbers in the core's order, and nested groups behind them", () => {
    // 0.29 · 100 is 28.999… in floats and means 29.
    const groups = { fractions: [0.29, 0.71], weights: [0.25, 0.75] };
    const numbers = coreConfig(
      { beta1: 0.9 },
      { family: "batch-topk", dIn: 7, dSae: 100, k: 2, level: "int8", groups },
    );
    const at = (name: (typeof configFields)[number]): number | undefined =>
      numbers[configFields.indexOf(name)];
    expect([at("dIn"), at("dSae"), at("family"), at("level"), at("k"), at("beta1"), at("groups")]).toEqual([
      7, 100, 1, 2, 2, 0.9, 2,
    ]);
    expect([...numbers.slice(configFields.length)]).toEqual([29, 0.25, 100, 0.75]);
  });
});
