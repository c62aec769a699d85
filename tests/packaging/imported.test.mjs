import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { expect, inject, test } from "vitest";
import { run } from "../../tools/support/run.mjs";
import { importableEntries, publishedPackages } from "../../tools/support/workspace.mjs";

const consumers = inject("consumers");
const probe = fileURLToPath(new URL("./import-probe.mjs", import.meta.url));

/**
 * @param {string} folder
 * @param {string} contents of a module in that folder
 */
async function bundle(folder, contents) {
  const result = await build({
    stdin: { contents, resolveDir: folder },
    bundle: true,
    format: "esm",
    platform: "browser",
    minify: true,
    write: false,
    logLevel: "silent",
  });
  return result.outputFiles[0]?.text.trim() ?? "";
}

for (const { manifest, isApp } of publishedPackages()) {
  const folder = consumers[manifest.name] ?? "";
  const entries = importableEntries(manifest);
  // A built addon is loaded by the package that it belongs to.
  if (entries.length === 0) continue;

  test.concurrent(`${manifest.name}: importing it does nothing but import`, async () => {
    await copyFile(probe, join(folder, "import-probe.mjs"));
    const specifiers = entries.map((path) => manifest.name + path.slice(1));
    const { status, output } = await run(process.execPath, ["import-probe.mjs", ...specifiers], {
      cwd: folder,
    });
    const untouched = { globals: [], listeners: [], kernels: 0, gradients: 0, backends: [] };
    expect({ status, output: output.trim() }).toEqual({ status: 0, output: JSON.stringify(untouched) });
  });

  // Apps are programs for Node; libraries get bundled.
  if (isApp) continue;
  test.concurrent(`${manifest.name}: an import that uses nothing bundles to nothing`, async () => {
    expect(await bundle(folder, `import "${manifest.name}";`)).toBe("");
  });

  test.concurrent(`${manifest.name}: bundles for a browser`, async () => {
    expect(await bundle(folder, `export * from "${manifest.name}";`)).not.toBe("");
  });
}
