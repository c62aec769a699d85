import { aligned } from "@plumbline/aligned";
import {
  batchTopK,
  gated,
  gatedAnneal,
  jumpRelu,
  matryoshkaBatchTopK,
  pAnneal,
  relu,
  topK,
} from "@plumbline/architectures";
import { coupled, projectionFromDecoder, scale, tied } from "@plumbline/ops";
import type { ArchitectureSuiteOptions, EngineCase } from "@plumbline/testing";
import type { Tensor } from "@tensorflow/tfjs-core";

const l1 = { sparsityCoefficient: 0.02 };
const l0 = { sparsityCoefficient: 0.01 };
const annealed = { sparsityCoefficient: 0.02, p: 0.8, nextP: 0.6 };
const revived = topK({ k: 3, auxkCoefficient: 1 / 32, auxk: 4, deadAfterTokens: 8 });

/** A case with what finite differences cannot see in it. */
type TrainableCase = EngineCase<Tensor> & Pick<ArchitectureSuiteOptions, "detachedTerms" | "straightThrough">;

/** AuxK's target, the frozen decoder of gated's auxiliary term. */
const auxk = { detachedTerms: ["auxk"] };
const frozen = { detachedTerms: ["auxiliary"] };
/** A count has no slope; thresholds have a pseudo-gradient. */
const counted = { detachedTerms: ["sparsity"], straightThrough: ["threshold", "logThreshold"] };

/** Every architecture that ships, free and aligned, with the options that change its code path. */
export const trainableCases: readonly TrainableCase[] = [
  { architecture: topK({ k: 3 }) },
  { architecture: topK({ k: 1, encoderInit: 0.3 }) },
  { architecture: revived, ...auxk },
  { architecture: relu(), scalars: l1 },
  { architecture: relu({ decoderRows: "free", encoderBiasInit: -0.1 }), scalars: l1 },
  {
    architecture: topK({
      k: 3,
      decoderRows: "free",
      decoderInit: 0.5,
      auxkCoefficient: 1,
      auxkForm: "scaled",
    }),
  },
  { architecture: batchTopK({ k: 3 }) },
  { architecture: batchTopK({ k: 2.5, decoderRows: "free", thresholdAverage: "first-value" }) },
  { architecture: matryoshkaBatchTopK({ k: 3, groupFractions: [0.25, 0.75] }) },
  { architecture: pAnneal(), scalars: annealed },
  {
    architecture: pAnneal({ sparsityFunction: "lp-norm" }),
    scalars: { ...annealed, sparsityCoefficient: 0.001 },
  },
  { architecture: gated(), scalars: l1, ...frozen },
  { architecture: gatedAnneal({ decoderRows: "free" }), scalars: annealed, ...frozen },
  { architecture: jumpRelu({ targetL0: 3, bandwidth: 0.1, thresholdInit: 0.05 }), scalars: l0, ...counted },
  {
    architecture: jumpRelu({ penalty: "tanh", thresholdForm: "log", thresholdInit: 0.05, bandwidth: 0.1 }),
    scalars: l0,
  },
  {
    architecture: jumpRelu({ penalty: "step", subtractDecoderBias: false, thresholdInit: 0.05 }),
    scalars: l0,
  },
  { architecture: aligned(batchTopK({ k: 3 })) },
  { architecture: aligned(matryoshkaBatchTopK({ k: 3, groupFractions: [0.25, 0.75] })) },
  { architecture: aligned(pAnneal()), scalars: annealed },
  { architecture: aligned(gated()), scalars: l1, ...frozen },
  { architecture: aligned(gatedAnneal()), scalars: annealed, ...frozen },
  {
    architecture: aligned(jumpRelu({ targetL0: 3, bandwidth: 0.1, thresholdInit: 0.05 })),
    scalars: l0,
    ...counted,
  },
  { architecture: aligned(topK({ k: 3 })) },
  { architecture: aligned(revived), ...auxk },
  { architecture: aligned(relu()), scalars: l1 },
  { architecture: aligned(topK({ k: 3 }), { map: projectionFromDecoder }) },
  { architecture: aligned(topK({ k: 3 }), { map: scale }) },
  { architecture: aligned(topK({ k: 3 }), { map: coupled }) },
  { architecture: aligned(topK({ k: 3 }), { map: tied }) },
];
