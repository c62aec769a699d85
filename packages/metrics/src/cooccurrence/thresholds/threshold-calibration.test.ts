import { type SparseLatents, sparseFromDense } from "@plumbline/core";
import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { selectBatchTopK } from "./select-batch-top-k.ts";
import { createThresholdCalibration } from "./threshold-calibration.ts";

const dense = (values: readonly number[], dSae: number): SparseLatents =>
  sparseFromDense(Float32Array.from(values), { nRows: values.length / dSae, dSae });

/** One latent: `active` values selected, `inactive` ones not, a token each. */
function calibrate(
  { active, inactive }: { active: readonly number[]; inactive: readonly number[] },
  options: { nBins?: number; fixedMax?: number; fewActive?: "highest" | "midpoint" } = {},
) {
  const calibration = createThresholdCalibration({ dSae: 1, ...options });
  calibration.add({
    positive: dense([...active, ...inactive], 1),
    selected: dense([...active, ...inactive.map(() => 0)], 1),
  });
  return calibration;
}

const value = fc.float({ min: Math.fround(1e-6), max: 5000, noNaN: true, minExcluded: true });
const samples = fc.array(fc.record({ value, isSelected: fc.boolean() }), { minLength: 1, maxLength: 60 });

suite("createThresholdCalibration()", () => {
  test("takes the bin where as many active values are lost as inactive ones are let in", () => {
    // 10 bins of 1 up to 10. Active: 10 in bin 3, 90 in bin 6. Inactive: 90 in bin 1, 10 in bin 4.
    // CDF active + inactive: .9 in bins 1, 2; 1.0 in bin 3; 1.1 from bin 4 on. Bin 3, centre 3.5; 10 % on both sides.
    const active = [...new Array(10).fill(3.2), ...new Array(90).fill(6.2)];
    const inactive = [...new Array(90).fill(1.2), ...new Array(10).fill(4.2)];
    const result = calibrate({ active, inactive }, { nBins: 10, fixedMax: 10 }).result();
    expect([...result.thresholds]).toEqual([3.5]);
    expect(result.errorRates[0]).toBeCloseTo(0.1, 12);
    expect(result.latentsByRule).toEqual({ equalError: 1, fewActive: 0, allSelected: 0, neverActive: 0 });
    // 100 of 200 values were selected: 90 in bin 6, then all 10 of bin 4, from 4 on.
    expect(result.matchedRateThresholds[0]).toBeLessThan(4);
    expect(result.matchedRateThresholds[0]).toBeCloseTo(4, 6);
  });

  test("takes the larger of lowest active and highest inactive bin for few active values", () => {
    // Bins of .05 up to 10: centres 3.025 and 1.025, and 4.025 with an inactive 4.01 beyond.
    const apart = calibrate({ active: [3.01, 5], inactive: [1.01] }, { fixedMax: 10 }).result();
    expect(apart.thresholds[0]).toBeCloseTo(3.025, 6);
    expect(apart.latentsByRule.fewActive).toBe(1);
    const overlapping = { active: [3.01, 5], inactive: [1.01, 4.01] };
    const mixed = calibrate(overlapping, { fixedMax: 10 }).result();
    expect(mixed.thresholds[0]).toBeCloseTo(4.025, 6);
    // One of two active values is lost, no inactive one comes in.
    expect(mixed.meanErrorRate).toEqual({ value: 0.25 });
    // The middle of 3.025 and 4.025.
    const middle = calibrate(overlapping, { fixedMax: 10, fewActive: "midpoint" }).result();
    expect(middle.thresholds[0]).toBeCloseTo(3.525, 6);
  });

  test("never fires a latent that was never active, and always one that was always selected", () => {
    const adaptive = calibrate({ active: [], inactive: [1, 2] });
    expect([...adaptive.result().thresholds, ...adaptive.result().matchedRateThresholds]).toEqual([
      Number.POSITIVE_INFINITY,
      Number.POSITIVE_INFINITY,
    ]);
    expect(JSON.stringify([...adaptive.result().thresholds])).toBe("[null]");
    expect(adaptive.result().errorRates).toEqual([null]);
    expect(adaptive.result().meanErrorRate).toEqual({ value: null, reason: "no latent was active" });
    expect([...calibrate({ active: [], inactive: [1] }, { fixedMax: 10 }).result().thresholds]).toEqual([10]);
    const all = calibrate({ active: [1, 1, 1], inactive: [] }).result();
    expect(all).toMatchObject({ thresholds: Float32Array.of(0), latentsByRule: { allSelected: 1 } });
    // The peer takes the centre of the bin, .05 wide from 1 on, and loses them all.
    const peer = calibrate({ active: [1, 1, 1], inactive: [] }, { fixedMax: 10 }).result();
    expect(peer.thresholds[0]).toBeCloseTo(1.025, 6);
    expect(peer.errorRates[0]).toBeCloseTo(0.5, 12);
    // All values are the same: they lie above the matched threshold too.
    expect(all.matchedRateThresholds[0]).toBeLessThan(1);
  });

  test("counts values from fixedMax on in the last bin, and says so", () => {
    const calibration = calibrate({ active: [9.99, 10, 400], inactive: [0.01, 0.05] }, { fixedMax: 10 });
    const { active, inactive, max } = calibration.histogram(0);
    expect([max, active[199], inactive[0], inactive[1]]).toEqual([10, 3, 1, 1]);
    expect(calibration.result().nSaturated).toBe(2);
  });

  test("bins a stream as if the largest value had been known, in any order", () => {
    fc.assert(
      fc.property(samples, fc.nat(60), (taken, cut) => {
        const nBins = 8;
        const add = (target: ReturnType<typeof createThresholdCalibration>, part: typeof taken) =>
          target.add({
            positive: dense(
              part.map((sample) => sample.value),
              1,
            ),
            selected: dense(
              part.map((sample) => (sample.isSelected ? sample.value : 0)),
              1,
            ),
          });
        const stream = createThresholdCalibration({ dSae: 1, nBins });
        add(stream, taken.slice(cut).reverse());
        add(stream, taken.slice(0, cut));
        const whole = createThresholdCalibration({ dSae: 1, nBins });
        add(whole, taken);
        // The smallest power of two above the largest value, and bins by their definition.
        const largest = Math.max(...taken.map((sample) => sample.value));
        let max = 2 ** -40;
        while (max <= largest) max *= 2;
        const counts = { active: new Uint32Array(nBins), inactive: new Uint32Array(nBins) };
        for (const sample of taken) {
          const bin = Math.floor((sample.value / max) * nBins);
          const side = sample.isSelected ? counts.active : counts.inactive;
          side[bin] = (side[bin] ?? 0) + 1;
        }
        expect(stream.histogram(0)).toEqual({ max, ...counts });
        expect(whole.histogram(0)).toEqual({ max, ...counts });
        expect(stream.result()).toEqual(whole.result());
      }),
    );
  });

  test("keeps the rate of selection to one bin with the matched-rate rule", () => {
    fc.assert(
      fc.property(samples, (taken) => {
        const active = taken.filter(({ isSelected }) => isSelected).map((sample) => sample.value);
        const inactive = taken.filter(({ isSelected }) => !isSelected).map((sample) => sample.value);
        const calibration = calibrate({ active, inactive });
        const threshold = calibration.result().matchedRateThresholds[0] ?? Number.NaN;
        const nAbove = taken.filter((sample) => sample.value > threshold).length;
        if (active.length === 0) {
          expect(nAbove).toBe(0);
          return;
        }
        const histogram = calibration.histogram(0);
        const width = histogram.max / 200;
        const bin = Math.floor(threshold / width);
        const near = [bin, bin + 1].reduce(
          (sum, at) => sum + (histogram.active[at] ?? 0) + (histogram.inactive[at] ?? 0),
          0,
        );
        expect(Math.abs(nAbove - active.length)).toBeLessThanOrEqual(near);
      }),
    );
  });

  test("refuses what is not positive, not a subset, or not of the same tokens", () => {
    const calibration = createThresholdCalibration({ dSae: 2 });
    const positive = dense([1, 0, 2, 3], 2);
    expect(() => calibration.add({ positive, selected: dense([0, 1, 0, 0], 2) })).toThrow(
      "latent 1 in row 0",
    );
    expect(() => calibration.add({ positive: dense([-1, 0], 2), selected: dense([0, 0], 2) })).toThrow(
      "got -1",
    );
    const infinite = dense([Number.POSITIVE_INFINITY, 0], 2);
    expect(() => calibration.add({ positive: infinite, selected: infinite })).toThrow("got Infinity");
    expect(() => calibration.add({ positive, selected: dense([1, 0], 2) })).toThrow("got 2 and 1 rows");
    expect(() => calibration.add({ positive, selected: dense([1, 0, 0], 3) })).toThrow("dSae 2, got 3");
    expect(calibration.nTokens).toBe(0);
    expect(calibration.histogram(0).max).toBe(0);
    expect(() => createThresholdCalibration({ dSae: 1, nBins: 3 })).toThrow("even nBins, got 3");
    expect(() => createThresholdCalibration({ dSae: 1, fixedMax: 0 })).toThrow("fixedMax above 0");
  });
});

suite("selectBatchTopK()", () => {
  test("keeps the largest of the batch, and on ties the earlier token, then the lower latent", () => {
    const kept = selectBatchTopK(dense([5, 2, 2, 2, 0, 4], 2), 1);
    // 3 of 6 values: 5, 4 and one of three twos, the first.
    expect([...kept.rowStarts]).toEqual([0, 2, 2, 3]);
    expect([...kept.indices]).toEqual([0, 1, 1]);
    expect([...kept.values]).toEqual([5, 2, 4]);
  });

  test("agrees with sorting", () => {
    const entry = fc.oneof(fc.constant(0), fc.constantFrom(1, 2, 3), value);
    const batches = fc.array(fc.array(entry, { minLength: 4, maxLength: 4 }), { maxLength: 20 });
    fc.assert(
      fc.property(batches, fc.integer({ min: 1, max: 5 }), (rows, k) => {
        const positive = dense(rows.flat(), 4);
        const kept = selectBatchTopK(positive, k);
        const ranked = [...positive.values].sort((a, b) => b - a).slice(0, k * rows.length);
        expect([...kept.values].sort((a, b) => b - a)).toEqual(ranked);
        expect(kept.rowStarts.at(-1)).toBe(kept.values.length);
        // What is kept is found in its row.
        const calibration = createThresholdCalibration({ dSae: 4 });
        calibration.add({ positive, selected: kept });
        expect(calibration.nTokens).toBe(rows.length);
      }),
    );
  });

  test("refuses values that are not positive, and broken rows", () => {
    expect(() => selectBatchTopK(dense([-1, 2], 2), 1)).toThrow("got -1");
    expect(() => selectBatchTopK(dense([1, 2], 2), 0)).toThrow("k to be");
    expect(() => selectBatchTopK({ ...dense([1, 2], 2), nRows: 3 }, 1)).toThrow("row starts");
  });
});
