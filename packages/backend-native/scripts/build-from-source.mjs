#!/usr/bin/env node
// npx plumbline-native-build: compiles the addon for this machine, beside the package that is installed here.
import { join } from "node:path";
import { buildAddon, missingForBuild } from "./addon.mjs";
import { packageFolder } from "./sources.mjs";

const usage = `plumbline-native-build: compiles the addon of @plumbline/backend-native for this machine.

It needs a C++17 compiler, make, Python 3 and the headers of this Node, and puts the result into the installed package.
Without it, WebAssembly runs in the addon's place. No options.
`;
const asksForHelp = process.argv.includes("--help");
const missing = asksForHelp ? undefined : missingForBuild();
if (asksForHelp) {
  process.stdout.write(usage);
} else if (missing !== undefined) {
  console.error(`Cannot compile here: ${missing}.`);
  console.error(
    "Nothing is broken: WebAssembly takes the addon's place. Install what is missing and run this again.",
  );
  process.exitCode = 4;
} else {
  console.error("Compiling, which takes about half a minute …");
  const { ok, output } = buildAddon(join(packageFolder, "build", "plumbline.node"));
  if (!ok) console.error(output);
  console.error(
    ok ? "Built. plumbline doctor says what runs now." : "Compiling failed; the compiler's words are above.",
  );
  process.exitCode = ok ? 0 : 4;
}
