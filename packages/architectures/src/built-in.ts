import type { ArchitectureFactory } from "@plumbline/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import { batchTopK } from "./batch-topk/batch-topk.ts";
import { gated } from "./gated/gated.ts";
import { gatedAnneal } from "./gated/gated-anneal.ts";
import { jumpRelu } from "./jumprelu/jumprelu.ts";
import { matryoshkaBatchTopK } from "./matryoshka-batch-topk/matryoshka-batch-topk.ts";
import { pAnneal } from "./p-anneal/p-anneal.ts";
import { relu } from "./relu/relu.ts";
import { topK } from "./topk/topk.ts";

/** Every architecture of this package, for registries. */
export const builtInArchitectures: readonly ArchitectureFactory<Tensor>[] = [
  batchTopK,
  gated,
  gatedAnneal,
  jumpRelu,
  matryoshkaBatchTopK,
  pAnneal,
  relu,
  topK,
] as unknown as readonly ArchitectureFactory<Tensor>[];
