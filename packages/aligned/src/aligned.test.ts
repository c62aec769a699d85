import { type Architecture, PlumblineError } from "@plumbline/core";
import { rejectRows, rowDots, rowNorms } from "@plumbline/ops";
import { abs, add, clipByValue, type Tensor, type Tensor2D } from "@tensorflow/tfjs";
import { expect, describe as suite, test } from "vitest";
import { aligned, freeRowsName } from "./aligned.ts";
import { context, normalRows, plain, shape, tensorsFrom } from "./plain-architecture.test-support.ts";
import { rowMaps } from "./row-maps.ts";

const { dIn, dSae } = shape;
const maps = rowMaps().values;

/** Stored parameters after a rough step: noise on everything, then the constraint. */
function moved(architecture: Architecture<Tensor>): Record<string, Tensor> {
  const stored = tensorsFrom(architecture.init(context()));
  const noisy = Object.fromEntries(
    Object.entries(stored).map(([name, t], i) => [
      name,
      t.rank === 2 ? add(t, normalRows(dSae, dIn, 50 + i).mul(0.5)) : add(t, 0.1),
    ]),
  );
  return { ...noisy, ...architecture.constrain?.afterStep(noisy) };
}

function scores(architecture: Architecture<Tensor>, stored: Record<string, Tensor>): Float32Array {
  const { encoder, decoder } = architecture.directions(stored);
  return rowDots(encoder as Tensor2D, decoder as Tensor2D).dataSync() as Float32Array;
}

function refusal(work: () => unknown): PlumblineError {
  try {
    work();
  } catch (error) {
    if (PlumblineError.isInstance(error)) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

for (const map of maps) {
  suite(`aligned(), ${map.name}`, () => {
    const architecture = aligned(plain(), { map });

    test("stores free rows instead of the encoder, and unit decoder rows", () => {
      const stored = architecture.init(context());
      const names = ["encoderBias", "decoder", "decoderBias", ...(map.initialFree ? [freeRowsName] : [])];
      expect(Object.keys(stored).sort()).toEqual(names.sort());
      for (const norm of rowNorms(tensorsFrom(stored).decoder as Tensor2D).dataSync()) {
        expect(norm).toBeCloseTo(1, 6);
      }
      expect([...(stored.decoderBias?.data ?? [])]).toEqual([...context().sample.mean]);
    });

    test("starts with encoder rows equal to decoder rows", () => {
      const { encoder, decoder } = architecture.directions(tensorsFrom(architecture.init(context())));
      encoder.dataSync().forEach((value, i) => {
        expect(value).toBeCloseTo(decoder.dataSync()[i] ?? Number.NaN, 6);
      });
    });

    test(map.aligned ? "holds every score at one after a step" : "lets the score go, as a control", () => {
      const off = Math.max(...scores(architecture, moved(architecture)).map((score) => Math.abs(score - 1)));
      if (map.aligned) expect(off).toBeLessThan(1e-6);
      else expect(off).toBeGreaterThan(0.01);
    });

    test("computes with the effective rows: latents, reconstruction, loss and form agree", () => {
      const stored = moved(architecture);
      const effective = architecture.inference(stored, {}).tensors;
      expect(Object.keys(effective).sort()).toEqual(["decoder", "decoderBias", "encoder", "encoderBias"]);
      const x_BD = normalRows(5, dIn, 3);
      const ordinary = plain();
      const latents = architecture.encode(stored, {}, x_BD);
      const same = ordinary.encode(effective, {}, x_BD);
      expect([...latents.dataSync()]).toEqual([...same.dataSync()]);
      const xHat = architecture.decode(stored, latents);
      expect([...xHat.dataSync()]).toEqual([...ordinary.decode(effective, same).dataSync()]);
      const input = { buffers: {}, x_BD, scalars: { weight: 1 } };
      const [ours, theirs] = [
        architecture.loss({ ...input, parameters: stored }),
        ordinary.loss({ ...input, parameters: effective }),
      ];
      expect(ours.terms.error?.dataSync()).toEqual(theirs.terms.error?.dataSync());
      expect(ours.statistics.half?.dataSync()).toEqual(theirs.statistics.half?.dataSync());
    });
  });
}

suite("aligned() as a value", () => {
  test("is named, says what it wraps, and keeps the rest of the wrapped architecture", () => {
    const inner = plain({ encoderInit: 1, fused: true });
    const architecture = aligned(inner);
    expect(Object.isFrozen(architecture) && Object.isFrozen(architecture.config)).toBe(true);
    expect(architecture.name).toBe("aligned");
    expect(architecture.config).toEqual({
      map: "projection",
      architecture: { name: "plain", config: { encoderInit: 1 } },
    });
    expect(architecture.controls).toBe(inner.controls);
    expect(architecture.statistics).toBe(inner.statistics);
    expect(architecture.optimizer).toBe(inner.optimizer);
    expect(architecture.decoderRows).toBe("unit");
    expect(architecture.fused).toEqual({ activation: "relu", rowMap: "projection", details: { slope: 1 } });
    expect(aligned(plain()).fused).toBeUndefined();
  });

  test("notes what the wrapped architecture asks for and does not get", () => {
    expect(aligned(plain({ decoderRows: "unit" })).notes).toBeUndefined();
    expect(aligned(plain()).notes).toEqual([expect.stringContaining("decoder rows of norm 1")]);
    expect(aligned(plain({ decoderRows: "unit", encoderInit: 0.3 })).notes).toEqual([
      expect.stringContaining("encoderInit 0.3 is not in force"),
    ]);
    expect(aligned(plain({ decoderRows: "unit" }), { map: rowMaps().get("coupled") }).notes).toEqual([
      expect.stringContaining('"coupled" does not hold'),
    ]);
  });

  test("refuses an architecture without encoder and decoder, another aligned one included", () => {
    const bare = plain({ init: () => ({ weights: { shape: [1], data: new Float32Array(1) } }) });
    const error = refusal(() => aligned(bare).init(context()));
    expect(error.code).toBe("not-alignable");
    expect(error.message).toContain('architecture "plain" has no parameters named encoder and decoder');
    expect(refusal(() => aligned(aligned(plain())).init(context())).code).toBe("not-alignable");
  });

  test("refuses a decoder row of zeros, naming it", () => {
    const data = new Float32Array(dSae * dIn).fill(1).fill(0, 2 * dIn, 3 * dIn);
    const rows = { shape: [dSae, dIn], data };
    const error = refusal(() =>
      aligned(plain({ init: () => ({ encoder: rows, decoder: rows }) })).init(context()),
    );
    expect(error.code).toBe("not-alignable");
    expect(error.message).toContain("decoder row 2 at norm 0");
  });
});

suite("the constraint of aligned()", () => {
  test("keeps w off d and decoder rows at norm 1", () => {
    const stored = moved(aligned(plain()));
    for (const norm of rowNorms(stored.decoder as Tensor2D).dataSync()) expect(norm).toBeCloseTo(1, 6);
    for (const dot of rowDots(stored[freeRowsName] as Tensor2D, stored.decoder as Tensor2D).dataSync()) {
      expect(Math.abs(dot)).toBeLessThan(1e-6);
    }
  });

  test("takes the part of the decoder's gradient along each row away, and touches no other gradient", () => {
    const architecture = aligned(plain());
    const stored = moved(architecture);
    const gradients = { decoder: normalRows(dSae, dIn, 8), encoderBias: normalRows(1, dSae, 9) };
    const projected = architecture.constrain?.gradient(gradients, stored) ?? {};
    expect(Object.keys(projected)).toEqual(["decoder"]);
    const expected = rejectRows(gradients.decoder, stored.decoder as Tensor2D).dataSync();
    expect([...(projected.decoder?.dataSync() ?? [])]).toEqual([...expected]);
  });

  test("honours the wrapped architecture's own, and lays unit rows on top", () => {
    const seen: string[][] = [];
    const architecture = aligned(
      plain({
        constrain: {
          gradient: (gradients, parameters) => {
            seen.push(Object.keys(parameters).sort());
            return { encoderBias: (gradients.encoderBias as Tensor).mul(0) };
          },
          // Biases at most 0, decoder entries without sign.
          afterStep: (parameters) => ({
            encoderBias: clipByValue(parameters.encoderBias as Tensor, -9, 0),
            decoder: abs(parameters.decoder as Tensor),
          }),
        },
      }),
    );
    const stored = moved(architecture);
    expect(Math.max(...(stored.encoderBias?.dataSync() ?? [1]))).toBe(0);
    expect(Math.min(...(stored.decoder?.dataSync() ?? [-1]))).toBeGreaterThanOrEqual(0);
    for (const norm of rowNorms(stored.decoder as Tensor2D).dataSync()) expect(norm).toBeCloseTo(1, 6);
    for (const score of scores(architecture, stored)) expect(score).toBeCloseTo(1, 6);
    const gradients = { decoder: normalRows(dSae, dIn, 8), encoderBias: stored.encoderBias as Tensor };
    const projected = architecture.constrain?.gradient(gradients, stored) ?? {};
    expect([...(projected.encoderBias?.dataSync() ?? [1])].map(Math.abs)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(Object.keys(projected).sort()).toEqual(["decoder", "encoderBias"]);
    // It sees what is stored: free rows, no encoder.
    expect(seen).toEqual([["decoder", "decoderBias", "encoderBias", "encoderFree"]]);
  });
});

suite("rowMaps()", () => {
  test("knows the built-in maps and yours, and names the nearest of an unknown one", () => {
    const own = { ...rowMaps().get("projection"), name: "mine" };
    expect(rowMaps([own]).names).toEqual([
      "coupled",
      "mine",
      "projection",
      "projection-from-decoder",
      "scale",
      "tied",
    ]);
    expect(rowMaps([own]).get("mine")).toBe(own);
    const error = refusal(() => rowMaps().get("projektion"));
    expect(error.code).toBe("unknown-row-map");
    expect(error.hint).toContain('did you mean "projection"?');
    expect(refusal(() => rowMaps([{ ...own, name: "scale" }])).code).toBe("duplicate-row-map");
  });
});
