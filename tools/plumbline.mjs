// npm run plumbline -- <command>…: the command line as it was last built.
import { existsSync } from "node:fs";
import { join } from "node:path";
import { handOver, root } from "./support/run.mjs";

const main = join(root, "apps/cli/dist/main.js");
if (existsSync(main)) handOver(main, process.argv.slice(2));
else {
  console.error("The command line is not built.");
  console.error(`missing: ${main}`);
  console.error("run: npm run setup && npm run build");
  process.exitCode = 4;
}
