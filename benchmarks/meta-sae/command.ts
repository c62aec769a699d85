import { resolve } from "node:path";
import { tableLines } from "../engine/report/table.ts";
import { UsageError } from "../engine/usage-error.ts";
import { sayMachine } from "../machine.ts";
import { cellsOf } from "./cells.ts";
import { parseMetaSaeOptions } from "./options.ts";
import { type Result, reportRows } from "./report.ts";
import { outcomeOf } from "./train-cell.ts";

async function reproduce({
  grid,
  setting,
}: Exclude<ReturnType<typeof parseMetaSaeOptions>, string>): Promise<void> {
  sayMachine();
  const { dSae, k, batchSize, steps } = setting;
  const cells = cellsOf(grid);
  console.log(
    `BatchTopK, dSae ${dSae}, k ${k}, ${steps} steps of ${batchSize} tokens, ${cells.length} trainings\n`,
  );
  const paths = {
    train: resolve(setting.train),
    heldOut: resolve(setting.heldOut),
    out: resolve(setting.out),
  };
  const results: Result[] = [];
  for (const [i, cell] of cells.entries()) {
    console.error(`${i + 1}/${cells.length} ${cell.name}`);
    results.push({ cell, outcome: await outcomeOf(cell, { ...setting, ...paths }) });
  }
  for (const isAligned of grid.aligned) {
    console.log(
      `${isAligned ? "aligned" : "free"}: change against the same seed alone, mean ± standard deviation over seeds`,
    );
    for (const line of tableLines(reportRows(results, isAligned))) console.log(line);
    console.log('"alone" has mean |φ| · 1000 and the unexplained variance themselves\n');
  }
}

/** `npm run -s bench -- meta-sae`: the published grid of λ₂ and σ² at a smaller scale, free and aligned. */
export async function metaSaeBenchmark(argv: readonly string[]): Promise<number> {
  try {
    const options = parseMetaSaeOptions(argv);
    if (typeof options === "string") console.log(options);
    else await reproduce(options);
    return 0;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    console.error(`bench meta-sae: ${error.message}; --help says what there is`);
    return 2;
  }
}
