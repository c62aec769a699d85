// npm run demo [-- <option>…]: from a fresh clone to the demo's table; installs and builds what it needs, once.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { ensureInstalled, requireNode } from "./support/install.mjs";
import { handOver, root, run } from "./support/run.mjs";

const packages = ["@plumbline/cli...", "@plumbline/demo..."];

requireNode();
await ensureInstalled({ filters: ["plumbline-workspace", ...packages] });

// Programs only: type declarations take most of a full build and nothing here reads them.
const main = join(root, "apps/cli/dist/main.js");
if (!existsSync(main)) console.error("Building …");
const filters = packages.map((name) => `--filter=${name}`);
const build = await run("turbo", ["run", "build", ...filters], { env: { PLUMBLINE_BUILD: "js" } });
if (build.status === 0) handOver(main, ["demo", ...process.argv.slice(2)]);
else {
  console.error(build.output);
  console.error("Building the demo failed; the build's words are above.");
  process.exitCode = 4;
}
