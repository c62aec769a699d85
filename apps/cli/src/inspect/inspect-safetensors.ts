import { openSafetensors } from "@plumbline/safetensors/node";
import type { Inspection } from "./inspection.ts";
import { summarizeTensors, tensorDetails, tensorProblems, tensorRows } from "./tensor-summary.ts";

/** Tensors of a safetensors file with their norms. */
export async function inspectSafetensors(path: string): Promise<Inspection> {
  const file = await openSafetensors(path);
  try {
    const summaries = await summarizeTensors(file);
    return {
      kind: "safetensors",
      facts: { tensors: summaries.length, ...file.metadata },
      table: { title: "tensors", rows: tensorRows(summaries) },
      details: tensorDetails(summaries),
      problems: tensorProblems(summaries),
    };
  } finally {
    await file.close();
  }
}
