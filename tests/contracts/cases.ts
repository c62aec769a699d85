import { aligned } from "@plumbline/aligned";
import { relu, topK } from "@plumbline/architectures";
import { coupled, projectionFromDecoder, scale, tied } from "@plumbline/ops";
import type { EngineCase } from "@plumbline/testing";
import type { Tensor } from "@tensorflow/tfjs-core";

const l1 = { sparsityCoefficient: 0.02 };
const revived = topK({ k: 3, auxkCoefficient: 1 / 32, auxk: 4, deadAfterTokens: 8 });

/** Every architecture that ships, free and aligned, with the options that change its code path. */
export const trainableCases: readonly EngineCase<Tensor>[] = [
  { architecture: topK({ k: 3 }) },
  { architecture: topK({ k: 1, encoderInit: 0.3 }) },
  { architecture: revived },
  { architecture: relu(), scalars: l1 },
  { architecture: relu({ decoderRows: "free", encoderBiasInit: -0.1 }), scalars: l1 },
  { architecture: aligned(topK({ k: 3 })) },
  { architecture: aligned(revived) },
  { architecture: aligned(relu()), scalars: l1 },
  { architecture: aligned(topK({ k: 3 }), { map: projectionFromDecoder }) },
  { architecture: aligned(topK({ k: 3 }), { map: scale }) },
  { architecture: aligned(topK({ k: 3 }), { map: coupled }) },
  { architecture: aligned(topK({ k: 3 }), { map: tied }) },
];
