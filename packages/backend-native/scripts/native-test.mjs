// npm run native-test [-- <arguments of the test program>]: the core's own tests, once for each instruction set of this machine,
// and for NEON in an emulator. `--percent 1000` runs ten times as many random cases, `--seed 7` others.
import { build, instructionSets, runTests, skip } from "./core-test-runs.mjs";
import { exists } from "./core-tests.mjs";

const passedOn = process.argv.slice(2);
const compiler = process.env.CXX ?? "g++";
const isArm = process.arch === "arm64";

async function testHere() {
  if (process.arch !== "x64" && !isArm) return skip("native", `there are no flags for ${process.arch}`);
  if (!(await exists(compiler))) return skip("native", `no C++ compiler (${compiler}); name one in CXX`);
  const program = await build({ name: "native", compiler, arch: isArm ? "arm64" : "x64" });
  if (program === undefined) return;
  for (const isa of await instructionSets(program)) {
    await runTests({ name: `native: ${isa}`, command: [program], args: ["--isa", isa, ...passedOn] });
  }
}

/** Emulated code is some twenty times slower: fewer random cases. */
async function testNeon() {
  const cross = "aarch64-linux-gnu-g++";
  const emulator = "qemu-aarch64";
  for (const needed of [cross, emulator]) {
    if (!(await exists(needed))) return skip("neon", `no ${needed}`);
  }
  const program = await build({ name: "neon", compiler: cross, arch: "arm64", flags: ["-static"] });
  if (program === undefined) return;
  await runTests({
    name: "neon: emulated",
    command: [emulator, program],
    args: ["--percent", "10", ...passedOn],
  });
}

await testHere();
if (!isArm) await testNeon();
