import { aligned, rowMaps } from "@plumbline/aligned";
import { batchTopK, decoderNorms } from "@plumbline/architectures";
import type { Architecture, Backend } from "@plumbline/core";
import { preActivations } from "@plumbline/ops";
import {
  mul,
  setBackend,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  tensor,
  tidy,
} from "@tensorflow/tfjs-core";
import type { ReferenceCase } from "./case.ts";
import { openEngine } from "./engines.ts";

/** The scores that the generic engine ranks by in a step, `[B, F]`: the same operations on the same backend. */
export async function genericScores(one: ReferenceCase): Promise<Float32Array> {
  const { architecture, state, dIn, nTokens, rule } = one;
  await setBackend("cpu");
  return tidy(() => {
    const parameters = Object.fromEntries(
      Object.entries(state.arrays)
        .filter(([name]) => name.startsWith("parameter/"))
        .map(([name, { shape, data }]) => [name.slice("parameter/".length), tensor(data, [...shape])]),
    );
    const { encoder, decoder } = architecture.directions(parameters);
    const preActs_BF = preActivations({
      x_BD: tensor(one.batch, [nTokens, dIn]) as Tensor2D,
      encoder_FD: encoder as Tensor2D,
      encoderBias_F: parameters.encoderBias as Tensor1D,
      center_D: parameters.decoderBias as Tensor1D,
    });
    const ranking_BF: Tensor = rule.ranksByNorm
      ? mul(preActs_BF, decoderNorms(decoder as Tensor2D))
      : preActs_BF;
    return Float32Array.from(ranking_BF.dataSync());
  });
}

/**
 * The scores that the native engine ranks by in a step, where they are above 0: what a BatchTopK engine of the same parameters
 * encodes with a threshold of 0.
 */
export async function nativeScores(one: ReferenceCase, backend: Backend<unknown>): Promise<Float32Array> {
  const { state, dIn, dSae, nTokens, rule } = one;
  const inner = batchTopK({
    k: 1,
    decoderRows: rule.unitRows ? "unit" : "free",
    rankByDecoderNorm: rule.ranksByNorm,
  });
  const architecture: Architecture<Tensor> =
    rule.map === "none" ? inner : aligned(inner, { map: rowMaps().get(rule.map) });
  const buffers = architecture.initBuffers({ dIn, dSae });
  const kept = Object.entries(state.arrays).filter(([name]) => !name.startsWith("buffer/"));
  const probe = await openEngine(backend, {
    architecture,
    dIn,
    dSae,
    state: {
      ...state,
      architecture: { name: architecture.name, config: architecture.config },
      arrays: Object.fromEntries([
        ...kept,
        ...Object.entries(buffers).map(([name, array]) => [`buffer/${name}`, array] as const),
      ]),
    },
  });
  const { rowStarts, indices, values } = await probe.encode(one.batch);
  probe.dispose();
  const scores = new Float32Array(nTokens * dSae);
  for (let b = 0; b < nTokens; b++) {
    for (let i = rowStarts[b] ?? 0; i < (rowStarts[b + 1] ?? 0); i++)
      scores[b * dSae + (indices[i] ?? 0)] = values[i] ?? 0;
  }
  return scores;
}

/** Pairs of the same bits must tie in every engine; says which do not. */
export function unequalTie(scores: Float32Array, equals: Int32Array): string | undefined {
  const wrong = scores.findIndex((score, i) => score !== scores[equals[i] as number]);
  return wrong === -1 ? undefined : `the scores of the equal pairs ${equals[wrong]} and ${wrong} differ`;
}
