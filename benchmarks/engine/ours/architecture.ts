import { aligned } from "@plumbline/aligned";
import { batchTopK, jumpRelu, relu, topK } from "@plumbline/architectures";
import type { Architecture } from "@plumbline/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { OurSettings } from "./settings.ts";

/** What decides an architecture. */
type Choice = Pick<
  OurSettings,
  "architecture" | "aligned" | "k" | "encoderBias" | "threshold" | "bandwidth" | "l1" | "l0"
>;

function free(settings: Choice): Architecture<Tensor> {
  const { architecture, k, encoderBias, threshold, bandwidth } = settings;
  if (architecture === "topk") return topK({ k });
  if (architecture === "batch-topk") return batchTopK({ k });
  if (architecture === "relu-l1") return relu({ encoderBiasInit: encoderBias });
  return jumpRelu({ targetL0: k, thresholdInit: threshold, bandwidth });
}

/** The architecture of a request, and the scalars of its steps. */
export function architectureOf(settings: Choice): {
  readonly architecture: Architecture<Tensor>;
  readonly scalars: Readonly<Record<string, number>>;
} {
  const made = free(settings);
  const weights: Readonly<Record<string, number>> = { "relu-l1": settings.l1, jumprelu: settings.l0 };
  const sparsityCoefficient = weights[settings.architecture];
  return {
    architecture: settings.aligned ? aligned(made) : made,
    scalars: sparsityCoefficient === undefined ? {} : { sparsityCoefficient },
  };
}
