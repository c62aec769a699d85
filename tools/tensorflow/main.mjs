// npm run -s tensorflow [-- --gpu] [-- --build-only | --remove]: builds TensorFlow's addon and runs the tests on it; see README.md.
import util from "node:util";
import { handOver, root, run } from "../support/run.mjs";
import { BuildProblem, build, remove } from "./build.mjs";
import { missing } from "./missing.mjs";
import { variants } from "./variants.mjs";

const { values } = util.parseArgs({
  options: {
    gpu: { type: "boolean", default: false },
    "build-only": { type: "boolean", default: false },
    remove: { type: "boolean", default: false },
  },
});
const variant = variants[values.gpu ? "gpu" : "cpu"];

/** @param {string} reason */
const skip = (reason) => console.log(`tensorflow: skipped, ${reason}`);

/** What the backend's probe answers, in a process of its own. */
async function probe() {
  const program = [
    "--conditions=@plumbline/source",
    "--import=./tests/snippets/from-source.mjs",
    "tests/tensorflow/probe.ts",
    variant.npmPackage,
  ];
  const { status, stdout, output } = await run(process.execPath, program, { cwd: root });
  if (status !== 0) throw new BuildProblem(`the probe failed: ${output}`, { isOutside: false });
  return JSON.parse(stdout);
}

async function main() {
  const reason = await missing(variant);
  if (reason !== undefined) return skip(reason);
  const how = await build(variant, () => {
    console.log(`tensorflow: fetching a wheel of some hundred MB and building ${variant.npmPackage} …`);
  });
  const found = await probe();
  if (!found.available) {
    const text = `${found.reason}; ${found.nextStep}`;
    // No GPU on this machine is a fact about the machine; anything else that is missing is a fault of what was built.
    if (values.gpu && /sees no GPU/.test(found.reason)) return skip(text);
    throw new BuildProblem(text, { isOutside: false });
  }
  console.log(`tensorflow: ${how}; ${found.device}; ${JSON.stringify(found.versions)}`);
  if (values["build-only"]) return;
  const tests = [
    variant.tests,
    "tests/ops-on-backends.test.ts",
    "tests/choices-on-backends.test.ts",
    "tests/tensorflow",
    variant.adapter,
  ];
  handOver(`${root}/node_modules/vitest/vitest.mjs`, ["run", "--project", "unit", ...tests]);
}

try {
  if (values.remove) remove(variant);
  else await main();
} catch (error) {
  if (!(error instanceof BuildProblem)) throw error;
  if (error.isOutside) skip(error.message);
  else {
    console.error(`tensorflow: ${error.message}`);
    process.exitCode = 1;
  }
}
