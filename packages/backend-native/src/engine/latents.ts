import { rowsOf, type SparseLatents, shapeMismatch } from "@plumbline/core";
import type { CoreEngine } from "../core/core.ts";
import { coreError, packageName } from "../errors.ts";

/** Latents of a batch by the core's inference rule. */
export async function encodeWith(
  core: CoreEngine,
  batch: Float32Array,
  shape: { dIn: number; dSae: number },
): Promise<SparseLatents> {
  const nRows = rowsOf(batch, shape.dIn, { from: packageName, where: "encode()" });
  const { status, report, rowStarts, indices, values } = await core.encode(batch);
  if (status !== "ok") throw coreError("encode()", status, { row: report.badRow });
  return { nRows, dSae: shape.dSae, rowStarts, indices, values };
}

function refuse(expected: string, got: string): never {
  throw shapeMismatch({ from: packageName, where: "decode()", expected, got });
}

/** Reconstruction from CSR latents, which are checked first: the core reads where they point. */
export async function decodeWith(
  core: CoreEngine,
  latents: SparseLatents,
  shape: { dSae: number },
): Promise<Float32Array> {
  const { nRows, dSae, rowStarts, indices, values } = latents;
  if (dSae !== shape.dSae) refuse(`latents of dSae ${shape.dSae}`, `${dSae}`);
  if (rowStarts.length !== nRows + 1) refuse(`${nRows + 1} row starts`, `${rowStarts.length}`);
  if (indices.length !== values.length)
    refuse("as many indices as values", `${indices.length}, ${values.length}`);
  let before = 0;
  for (const start of rowStarts) {
    if (start < before || start > values.length)
      refuse("row starts that ascend within the values", `${start}`);
    before = start;
  }
  for (const index of indices) if (index >= dSae) refuse(`indices below ${dSae}`, `${index}`);
  return core.decode({ rowStarts, indices, values });
}
