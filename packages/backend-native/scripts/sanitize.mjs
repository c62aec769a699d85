// npm run sanitize [-- <arguments of the test program>]: the core's own tests under the address and undefined-behaviour sanitizers,
// then under the thread sanitizer.
import { build, instructionSets, runTests, skip } from "./core-test-runs.mjs";
import { exists } from "./core-tests.mjs";

const passedOn = process.argv.slice(2);
const compiler = process.env.CXX ?? "g++";
const common = ["-O1", "-g", "-fno-omit-frame-pointer", "-fno-sanitize-recover=all"];

/** One test asks for more memory than there is, and takes no for an answer. */
const env = { ASAN_OPTIONS: "allocator_may_return_null=1", TSAN_OPTIONS: "allocator_may_return_null=1" };

const modes = [
  // What assembly reads is not seen; the sets without it (avx2, baseline) walk the same paths.
  { name: "address", flags: ["-fsanitize=address,undefined"], percent: "15", themes: [], isEverySet: true },
  {
    name: "thread",
    flags: ["-fsanitize=thread"],
    percent: "5",
    themes: ["screen", "select", "encode", "step", "threads", "tensors"],
    isEverySet: false,
  },
];

async function sanitize({ name, flags, percent, themes, isEverySet }) {
  const arch = process.arch === "arm64" ? "arm64" : "x64";
  const program = await build({ name, compiler, arch, flags: [...common, ...flags] });
  if (program === undefined) return;
  const sets = await instructionSets(program);
  for (const isa of isEverySet ? sets : sets.slice(0, 1)) {
    const args = ["--isa", isa, "--percent", percent, ...passedOn, ...themes];
    await runTests({ name: `${name}: ${isa}`, command: [program], args, env });
  }
}

if (process.arch !== "x64" && process.arch !== "arm64") {
  skip("sanitize", `there are no flags for ${process.arch}`);
} else if (await exists(compiler)) {
  for (const mode of modes) await sanitize(mode);
} else {
  skip("sanitize", `no C++ compiler (${compiler}); name one in CXX`);
}
