import type { SaeEngine } from "@plumbline/core";
import { createMetaSaeEngine } from "@plumbline/meta-sae";
import { expect, describe as suite, test } from "vitest";
import { batchOf, controls, dIn, dSae, fakeMeta, primary } from "./small-joint.support.ts";

suite("the penalty", () => {
  const settings = { lambda2: 0.7, sigma2: 0.5, primarySteps: 2, metaSteps: 3 };

  test("is λ₂ where rows are rebuilt perfectly, nothing where they are far, and pulls nowhere at both ends", async () => {
    for (const [rebuild, expected] of [
      [(rows: Float32Array) => rows, 0.7],
      [(rows: Float32Array) => rows.map((value) => value + 50), 0],
    ] as const) {
      const solo = await primary();
      const joint = createMetaSaeEngine(await primary(), fakeMeta(rebuild).engine, settings);
      const stats = await joint.step(batchOf(0), controls);
      await solo.step(batchOf(0), controls);
      expect(stats?.terms.rowPenalty).toBeCloseTo(expected, 6);
      expect(await joint.decoderRows()).toEqual(await solo.decoderRows());
    }
  });

  test("has the gradient of finite differences, on decoder rows only", async () => {
    const target = Float32Array.from({ length: dSae * dIn }, (_, at) => 0.3 * Math.sin(at));
    const [solo, alone] = [await primary(), await primary()];
    const rows = await alone.decoderRows();
    const joint = createMetaSaeEngine(alone, fakeMeta(() => target).engine, settings);
    const meanOf = async (engine: SaeEngine, name: string): Promise<Float32Array> =>
      Float32Array.from((await engine.exportState()).arrays[`optimizer/mean/${name}`]?.data ?? []);
    await solo.step(batchOf(0), controls);
    const other = await primary();
    await other.step(batchOf(0), { ...controls, rowPenalty: { target, weight: 0.7, width: 0.5 } });
    const stats = await joint.step(batchOf(0), controls);
    const penalty = (at: number, by: number): number => {
      const moved = Float64Array.from(rows);
      moved[at] = (moved[at] ?? 0) + by;
      let sum = 0;
      for (let i = 0; i < dSae; i++) {
        let square = 0;
        for (let j = i * dIn; j < (i + 1) * dIn; j++) square += ((moved[j] ?? 0) - (target[j] ?? 0)) ** 2;
        sum += Math.exp(-square / 0.5);
      }
      return (0.7 / dSae) * sum;
    };
    expect(stats?.terms.rowPenalty).toBeCloseTo(penalty(0, 0), 6);
    const [withIt, without] = [await meanOf(other, "decoder"), await meanOf(solo, "decoder")];
    for (let at = 0; at < rows.length; at += 7) {
      const slope = (penalty(at, 1e-5) - penalty(at, -1e-5)) / 2e-5;
      // First moments are a tenth of the gradient.
      expect(((withIt[at] ?? 0) - (without[at] ?? 0)) * 10).toBeCloseTo(slope, 4);
    }
    for (const name of ["encoder", "encoderBias", "decoderBias"])
      expect(await meanOf(other, name)).toEqual(await meanOf(solo, name));
    expect(await joint.decoderRows()).toEqual(await other.decoderRows());
  });

  test("takes λ₂ and the meta SAE's rate from a step's scalars, where it has them", async () => {
    const target = Float32Array.from({ length: dSae * dIn }, (_, at) => 0.3 * Math.sin(at));
    const meta = fakeMeta(() => target);
    const [asOption, asScalar, off, solo] = [
      await primary(),
      await primary(),
      await primary(),
      await primary(),
    ];
    const [first, second, third] = [asOption, asScalar, off].map((engine, i) =>
      createMetaSaeEngine(engine, meta.engine, { ...settings, lambda2: i === 0 ? 0.7 : 0.1 }),
    ) as [SaeEngine, SaeEngine, SaeEngine];
    await first.step(batchOf(0), controls);
    await second.step(batchOf(0), { ...controls, scalars: { lambda2: 0.7 } });
    await third.step(batchOf(0), { ...controls, scalars: { lambda2: 0, metaLr: 0.25 } });
    await solo.step(batchOf(0), controls);
    expect(await second.decoderRows()).toEqual(await first.decoderRows());
    expect(await third.decoderRows()).toEqual(await solo.decoderRows());
    expect(await first.decoderRows()).not.toEqual(await solo.decoderRows());
    const each = Array.from({ length: settings.metaSteps });
    expect(meta.rates).toEqual([...each.map(() => 3e-3), ...each.map(() => 3e-3), ...each.map(() => 0.25)]);
    for (const scalars of [{ lambda2: -1 }, { lambda2: Number.NaN }, { metaLr: Number.POSITIVE_INFINITY }]) {
      await expect(third.step(batchOf(1), { ...controls, scalars })).rejects.toMatchObject({
        code: "bad-control",
      });
    }
  });

  test("alternates: a round is meta steps on all rows of that moment, then primary steps", async () => {
    const meta = fakeMeta((rows) => rows.map((value) => value + 0.1));
    const joint = createMetaSaeEngine(await primary(), meta.engine, settings);
    const rowsBefore: Float32Array[] = [];
    for (let i = 0; i < 5; i++) {
      if (i % 2 === 0) rowsBefore.push(await joint.decoderRows());
      await joint.step(batchOf(i), controls);
      expect(meta.asked).toHaveLength(3 * (Math.floor(i / 2) + 1));
    }
    expect([0, 3, 6].map((at) => meta.asked[at])).toEqual(rowsBefore);
  });
});
