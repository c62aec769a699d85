import { setImmediate } from "node:timers/promises";
import { tfjsCpuBackend } from "@plumbline/backend-tfjs-cpu";
import { createRandom, fillNormal } from "@plumbline/core";
import { explainDecoder, partsOf } from "@plumbline/meta-sae";
import { expect, describe as suite, test } from "vitest";

const [dIn, dSae, nBase] = [16, 60, 6];

/** Rows that are sums of two of six directions each. */
function composed(): { decoder: Float32Array; pairs: (readonly [number, number])[] } {
  const base = fillNormal(new Float32Array(nBase * dIn), createRandom(3));
  const pairs = Array.from(
    { length: dSae },
    (_, i) => [i % nBase, (i + 1 + Math.floor(i / nBase)) % nBase] as const,
  ).map(([a, b]) => [a, a === b ? (b + 1) % nBase : b] as const);
  const decoder = Float32Array.from({ length: dSae * dIn }, (_, at) => {
    const [a, b] = pairs[Math.floor(at / dIn)] as readonly [number, number];
    return (base[a * dIn + (at % dIn)] ?? 0) + (base[b * dIn + (at % dIn)] ?? 0);
  });
  return { decoder, pairs };
}

suite("explainDecoder()", () => {
  test("finds what rows are made of", async () => {
    const { decoder, pairs } = composed();
    const steps: number[] = [];
    const explanation = await explainDecoder(
      tfjsCpuBackend,
      { dIn, dSae, decoder },
      { dictionarySize: 12, k: 2, nSteps: 600, lr: 0.01, onStep: (step) => void steps.push(step) },
    );
    expect(explanation.explainedVariance.value).toBeGreaterThan(0.9);
    expect(explanation.l0).toBeLessThan(4);
    expect(explanation.explainedShares).toHaveLength(dSae);
    expect(Math.min(...explanation.explainedShares)).toBeGreaterThan(0.3);
    expect(Math.max(...explanation.explainedShares)).toBeLessThanOrEqual(1);
    expect(explanation.form).toMatchObject({ dIn, dSae: 12 });
    expect([steps[0], steps.length]).toEqual([1, 600]);
    // Rows of the same two directions have the same strongest meta latent.
    const strongest = (latent: number): number | undefined => partsOf(explanation.latents, latent)[0]?.index;
    const byPair = new Map<string, (number | undefined)[]>();
    for (const [latent, pair] of pairs.entries()) {
      const key = [...pair].sort().join();
      byPair.set(key, [...(byPair.get(key) ?? []), strongest(latent)]);
    }
    for (const found of byPair.values()) expect(new Set(found).size).toBe(1);
  });

  test("gives the same for the same seed, and stops on its signal", async () => {
    const { decoder } = composed();
    const options = { dictionarySize: 4, k: 1, nSteps: 5, batchSize: 7 };
    const once = () => explainDecoder(tfjsCpuBackend, { dIn, dSae, decoder }, options);
    const [first, second] = [await once(), await once()];
    expect([...second.form.decoder]).toEqual([...first.form.decoder]);
    for (const bad of [
      { batchSize: 0 },
      { nSteps: Number.NaN },
      { dictionarySize: -1 },
      { k: 5 },
      { lr: -1 },
    ]) {
      const run = explainDecoder(tfjsCpuBackend, { dIn, dSae, decoder }, { ...options, ...bad });
      await expect(run).rejects.toMatchObject({ code: "bad-option" });
    }
    // A request to stop that comes from outside, which is heard where a step is waited for.
    const outside = new AbortController();
    setTimeout(() => outside.abort(), 20);
    const endless = explainDecoder(
      tfjsCpuBackend,
      { dIn, dSae, decoder },
      { ...options, nSteps: 1e9, signal: outside.signal, onStep: () => setImmediate() },
    );
    await expect(endless).rejects.toMatchObject({ code: "aborted" });
    const stop = new AbortController();
    const stopped = { ...options, signal: stop.signal, onStep: () => stop.abort() };
    const error = await explainDecoder(tfjsCpuBackend, { dIn, dSae, decoder }, stopped).catch(
      (reason) => reason,
    );
    expect([error.code, error.message]).toEqual(["aborted", expect.stringContaining("after 1 steps")]);
  });
});
