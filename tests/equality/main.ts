// npm run -s equality: the fused engine against the generic one on random configurations, and against itself at every precision.
// With --activations the same on activations of the demo's transformer. tests/equality/README.md says what is compared.
import "@tensorflow/tfjs";
import { parseArgs } from "node:util";
import { compareOnActivations } from "./activations.ts";
import { runCase } from "./compare/run-case.ts";
import { drawCase, fewer, most } from "./draw/draw-case.ts";
import { probeCase } from "./draw/probe-case.ts";
import { type Engines, isPrecision, type NativeChoice, openEngines } from "./engines.ts";
import { Findings } from "./findings.ts";
import { levelsOf, summaryOf } from "./summary.ts";

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "2000" },
    seed: { type: "string", default: "1" },
    only: { type: "string" },
    small: { type: "boolean", default: false },
    runtime: { type: "string" },
    "instruction-set": { type: "string" },
    precision: { type: "string", default: "auto" },
    activations: { type: "boolean", default: false },
    tokens: { type: "string", default: "8192" },
    steps: { type: "string", default: "300" },
  },
});

function choiceOf(): NativeChoice {
  const { runtime, precision, "instruction-set": instructionSet } = values;
  if (runtime !== undefined && runtime !== "addon" && runtime !== "wasm")
    throw new RangeError(`no runtime ${runtime}`);
  if (!isPrecision(precision)) throw new RangeError(`no precision ${precision}`);
  return {
    precision,
    ...(runtime === undefined ? {} : { runtime }),
    ...(instructionSet === undefined ? {} : { instructionSet }),
  };
}

/** What one has to type to see one case again. */
function commandOf(index: number): string {
  const given = (["runtime", "instruction-set"] as const).map((name) =>
    values[name] === undefined ? "" : ` --${name} ${values[name]}`,
  );
  const precision = values.precision === "auto" ? "" : ` --precision ${values.precision}`;
  return `npm run -s equality -- --seed ${values.seed} --only ${index}${values.small ? " --small" : ""}${given.join("")}${precision}`;
}

async function runRandom(engines: Engines): Promise<number> {
  const indices =
    values.only === undefined
      ? Array.from({ length: Number(values.count) }, (_, i) => i)
      : values.only.split(",").map(Number);
  const findings = new Findings();
  for (const index of indices) {
    const before = findings.violations.length;
    const one = drawCase(Number(values.seed), index, values.small ? fewer : most);
    await runCase(one, engines, findings);
    for (const { what, label } of findings.violations.slice(before)) {
      console.log(
        `case ${index} (${label}, B ${one.nTokens}, dIn ${one.dIn}, dSae ${one.dSae}): ${what}\n  ${commandOf(index)}`,
      );
    }
  }
  console.log(summaryOf(findings, { absent: engines.absent, title: `seed ${values.seed}` }));
  return findings.violations.length;
}

async function runActivations(engines: Engines): Promise<number> {
  const options = { nTokens: Number(values.tokens), nSteps: Number(values.steps) };
  let wrong = 0;
  for await (const { name, findings } of compareOnActivations(engines, options, console.log)) {
    for (const { what } of findings.violations) console.log(`${name}: ${what}`);
    console.log(
      `\n${name}\n${levelsOf(findings)}\n${summaryOf(findings, { absent: engines.absent, title: name, brief: true })}`,
    );
    wrong += findings.violations.length;
  }
  return wrong;
}

const engines = await openEngines(choiceOf(), probeCase());
const probe = await engines.native.backend.probe();
console.log(`native: ${probe.available ? probe.device : probe.reason}`);
process.exitCode = (await (values.activations ? runActivations(engines) : runRandom(engines))) === 0 ? 0 : 1;
