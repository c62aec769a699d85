// Compiles the core with its own tests, native/test. Sources and flags of each instruction set come from binding.gyp, so that what is
// tested is what the addon is made of. Objects stay in build/core-tests, by the hash of all that they are made from.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";

const packageFolder = fileURLToPath(new URL("..", import.meta.url));
const native = join(packageFolder, "native");

/**
 * @typedef {object} Build
 * @property {string} name of its folder
 * @property {string} compiler
 * @property {"x64" | "arm64"} arch as gyp calls it
 * @property {readonly string[]} [flags] after those of binding.gyp
 */

/**
 * Runs a program to its end.
 *
 * @param {string} program
 * @param {readonly string[]} args
 * @param {Record<string, string>} [env]
 * @returns {Promise<{ status: number, output: string }>} what it printed on both streams
 */
export function run(program, args, env = {}) {
  return new Promise((resolve) => {
    const child = spawn(program, args, { cwd: native, env: { ...process.env, ...env } });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text) => {
        output += text;
      });
    }
    child.on("error", (error) => resolve({ status: 127, output: error.message }));
    child.on("close", (code, signal) => {
      resolve({ status: code ?? 1, output: signal === null ? output : `${output}ended by ${signal}\n` });
    });
  });
}

/** @param {string} program */
export const exists = async (program) => (await run(program, ["--version"])).status === 0;

/** Files to compile with their flags, as the addon's recipe has them, and the tests in the place of the addon. */
function unitsOf(arch) {
  const { target_defaults: defaults, targets } = JSON.parse(
    readFileSync(join(native, "binding.gyp"), "utf8"),
  );
  const shared = [...defaults.cflags, ...defaults.cflags_cc];
  const byName = new Map(targets.map((target) => [target.target_name, target]));
  const { sources, conditions } = byName.get("plumbline");
  const { dependencies } = conditions.find(([condition]) => condition === `target_arch=='${arch}'`)[1];
  const tests = readdirSync(join(native, "test")).filter((name) => name.endsWith(".cc"));
  const core = sources.filter((source) => !source.startsWith("addon/"));
  const perSet = dependencies.map((name) => byName.get(name));
  return [
    ...perSet.flatMap((target) =>
      target.sources.map((source) => ({ source, flags: [...shared, ...(target.cflags ?? [])] })),
    ),
    ...core.map((source) => ({ source, flags: shared })),
    // Nothing of the tests themselves is fast or slow: they compile sooner.
    ...tests.map((name) => ({ source: `test/${name}`, flags: [...shared, "-O1"] })),
  ];
}

/** One hash of all headers: a change of any makes everything anew. */
function headersHash() {
  const hash = createHash("sha256");
  const headers = readdirSync(native, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".h"),
  );
  for (const name of headers.sort()) hash.update(name).update(readFileSync(join(native, name)));
  return hash.digest("hex");
}

/** Runs jobs, as many at once as there are processors. */
async function inParallel(jobs) {
  const waiting = [...jobs];
  const worker = async () => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) await job();
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

/**
 * The test program of a build.
 *
 * @param {Build} build
 * @returns {Promise<{ program: string, problems: readonly string[] }>} what the compiler said, where it failed
 */
export async function compile({ name, compiler, arch, flags = [] }) {
  const folder = join(packageFolder, "build", "core-tests", name);
  mkdirSync(folder, { recursive: true });
  const common = `${headersHash()} ${(await run(compiler, ["--version"])).output}`;
  const problems = [];
  const objects = unitsOf(arch).map((unit) => {
    const args = [...unit.flags, ...flags];
    const hash = createHash("sha256").update(common).update(args.join(" "));
    hash.update(readFileSync(join(native, unit.source)));
    const object = join(folder, `${basename(unit.source, ".cc")}-${hash.digest("hex").slice(0, 16)}.o`);
    return { object, args: [...args, "-c", unit.source, "-o", object] };
  });
  const missing = objects.filter(({ object }) => !existsSync(object));
  const jobs = missing.map(({ args }) => async () => {
    const { status, output } = await run(compiler, args);
    if (output !== "") console.error(output.trimEnd());
    if (status !== 0) problems.push(output);
  });
  await inParallel(jobs);
  const program = join(folder, "tests");
  const paths = objects.map(({ object }) => object);
  if (problems.length === 0) {
    const linked = await run(compiler, [...flags, "-pthread", ...paths, "-o", program]);
    if (linked.status !== 0) problems.push(linked.output);
  }
  const kept = new Set([program, ...paths]);
  for (const file of readdirSync(folder)) if (!kept.has(join(folder, file))) rmSync(join(folder, file));
  return { program, problems };
}
