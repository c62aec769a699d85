// npm run -s bench -- <benchmark> [options]: what each measures is in benchmarks/README.md.
import { accuracyBenchmark } from "./accuracy/command.ts";
import { cooccurrenceBenchmark } from "./cooccurrence/command.ts";
import { engineBenchmark } from "./engine/command.ts";
import { extractionBenchmark } from "./extraction/command.ts";
import { metaSaeBenchmark } from "./meta-sae/command.ts";
import { assignmentBenchmark } from "./metrics/assignment.ts";
import { evaluationBenchmark } from "./metrics/evaluation.ts";
import { rowsBenchmark } from "./rows/command.ts";

const benchmarks: Readonly<Record<string, (argv: readonly string[]) => Promise<number>>> = {
  accuracy: accuracyBenchmark,
  assignment: assignmentBenchmark,
  cooccurrence: cooccurrenceBenchmark,
  engine: engineBenchmark,
  evaluation: evaluationBenchmark,
  extraction: extractionBenchmark,
  "meta-sae": metaSaeBenchmark,
  rows: rowsBenchmark,
};

const [name, ...argv] = process.argv.slice(2);
const chosen = name === undefined ? undefined : benchmarks[name];
if (chosen === undefined) {
  const known = Object.keys(benchmarks).join(", ");
  console.error(`${name === undefined ? "which benchmark?" : `no benchmark "${name}"`} known: ${known}`);
  process.exitCode = 2;
} else {
  process.exitCode = await chosen(argv);
}
