// npm run -s parity: the largest difference to each recorded run of the reference libraries, and whether it is within bounds.
import { setBackend } from "@tensorflow/tfjs";
import { findParityBackends } from "./backends.ts";
import { parityCases } from "./cases.ts";
import {
  architectureFor,
  boundsOf,
  caseOf,
  type Differences,
  measureFirstGradient,
  measureRun,
  quantities,
} from "./measure.ts";

const backends = await findParityBackends();
for (const { backend, probe } of backends) {
  if (!probe.available) console.log(`${backend.name} is left out: ${probe.reason}`);
}

const rows: string[][] = [["fixture", "preset", "backend", ...quantities, "verdict"]];
let nMissed = 0;

for (const name of Object.keys(parityCases)) {
  const bounds = boundsOf(name);
  for (const { backend, probe, tfjsName } of backends) {
    if (!probe.available || backend.unsupported(architectureFor(name)) !== undefined) continue;
    const run = await measureRun(backend, name);
    // Gradients are read at once, which WebGPU cannot in Node, and before Adam, where the fused engine shows nothing.
    const showsGradients = tfjsName !== undefined && tfjsName !== "webgpu";
    if (showsGradients) await setBackend(tfjsName);
    const differences: Differences = { ...run, ...(showsGradients ? measureFirstGradient(name) : {}) };
    const missed = quantities.filter((quantity) => (differences[quantity] ?? 0) >= bounds[quantity]);
    if (missed.length > 0) nMissed += 1;
    rows.push([
      name,
      caseOf(name).preset,
      backend.name,
      ...quantities.map((quantity) => differences[quantity]?.toExponential(1) ?? "–"),
      missed.length === 0 ? "within bounds" : `MISSED ${missed.join(", ")}`,
    ]);
  }
}

const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
for (const row of rows)
  console.log(
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
console.log(`${rows.length - 1 - nMissed} of ${rows.length - 1} runs within bounds`);
process.exitCode = nMissed === 0 ? 0 : 1;
