// npm run check [-- <step>…]: everything that has to hold, one line a step; what a step said is shown where it failed.
import { performance } from "node:perf_hooks";
import { generatedProblems } from "./package-table.mjs";
import { changesetProblems } from "./rules/changesets.mjs";
import { hostProblems } from "./rules/hosts.mjs";
import { linkProblems } from "./rules/links.mjs";
import { manifestProblems } from "./rules/manifests.mjs";
import { ownRules, programs, tests } from "./support/steps.mjs";

/**
 * @typedef {object} Step
 * @property {string} name one word, also the name to ask for it
 * @property {import("./support/steps.mjs").Work} work
 * @property {string} [needs] step without whose success this one means nothing
 */

/** @type {readonly Step[]} */
const steps = [
  { name: "lint", work: programs(["biome check . --error-on-warnings"]) },
  { name: "layers", work: programs(["depcruise --config tools/layers.config.mjs packages apps"]) },
  {
    name: "rules",
    work: ownRules([manifestProblems, hostProblems, linkProblems, changesetProblems, generatedProblems]),
  },
  { name: "types", work: programs(["tsc --noEmit", "tsc --noEmit -p tools"]) },
  { name: "build", work: programs(["turbo run build --output-logs=errors-only"]) },
  { name: "unit", work: tests("unit") },
  { name: "snippets", work: tests("snippets") },
  { name: "packaging", work: tests("packaging"), needs: "build" },
];

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !steps.some((step) => step.name === name));
if (unknown.length > 0) {
  console.error(`unknown step ${unknown.join(", ")}; known: ${steps.map((step) => step.name).join(", ")}`);
  process.exit(2);
}

const total = { passed: 0, failed: 0, skipped: /** @type {{ name: string, reason: string }[]} */ ([]) };
const broken = new Set();
for (const { name, work, needs } of steps) {
  if (asked.length > 0 && !asked.includes(name)) continue;
  if (needs !== undefined && broken.has(needs)) {
    total.skipped.push({ name, reason: `${needs} failed` });
    continue;
  }
  const start = performance.now();
  const outcome = await work();
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const count = `${outcome.passed} of ${outcome.passed + outcome.failed}`;
  console.log(
    `${outcome.failed === 0 ? "ok  " : "FAIL"} ${name.padEnd(10)} ${seconds.padStart(6)} s  ${count}`,
  );
  if (outcome.failed > 0) {
    broken.add(name);
    console.log(outcome.output.trimEnd());
  }
  total.passed += outcome.passed;
  total.failed += outcome.failed;
  total.skipped.push(...outcome.skipped);
}

for (const { name, reason } of total.skipped) console.log(`skipped: ${name} (${reason})`);
const skipped = total.skipped.length === 0 ? "" : `, ${total.skipped.length} skipped`;
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed === 0 ? 0 : 1;
