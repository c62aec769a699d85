import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { PlumblineError } from "@plumbline/core";
import { writeFileAtomically } from "@plumbline/core/node";
import { clockOf, type Io } from "@plumbline/extract/terminal";
import { saeBenchCoreResult, saeBenchFileName, saeBenchWeightStatistics } from "@plumbline/metrics";
import { findProducts } from "../find-products.ts";
import type { LoadedSae } from "../load-sae.ts";
import { jsonText } from "../run-folder/run-record.ts";
import type { Measured } from "./measure-sae.ts";

/** Writes what was measured as SAEBench's core result; returns the file's path. */
export async function writeSaeBenchResult(options: {
  readonly measured: Measured;
  readonly sae: LoadedSae;
  readonly name: string;
  readonly folder: string;
  readonly io: Io;
}): Promise<string> {
  const { measured, sae, name, folder, io } = options;
  const { evaluation, peers } = measured;
  if (peers === undefined) {
    throw new PlumblineError({
      code: "not-measured",
      kind: "bug",
      message: "[cli] eval: a SAEBench result needs the peers' numbers",
    });
  }
  const { form } = sae;
  const result = saeBenchCoreResult({
    evalId: randomUUID(),
    datetimeEpochMillis: Math.round(clockOf(io)()),
    releaseId: "plumbline",
    saeId: name,
    saeConfig: {
      architecture: form.madeBy.architecture,
      d_in: form.dIn,
      d_sae: form.dSae,
      ...form.madeBy.config,
    },
    reconstruction: evaluation.reconstruction,
    peerReconstruction: peers.reconstruction,
    sparsity: evaluation.sparsity,
    peerSparsity: peers.sparsity,
    weights: saeBenchWeightStatistics(form, { products: await findProducts() }),
  });
  await mkdir(folder, { recursive: true });
  const file = join(folder, saeBenchFileName({ releaseId: "plumbline", saeId: name }));
  await writeFileAtomically(file, jsonText(result));
  return file;
}
