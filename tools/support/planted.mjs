import { mkdirSync, mkdtempSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/**
 * A small workspace in a temporary folder, for tests of the rules: each package with the manifest a good package has,
 * and linked to the packages its own manifest names.
 *
 * @param {Readonly<Record<string, { manifest?: object, files?: Readonly<Record<string, string>> }>>} packages by folder, as
 *   `packages/core`; files by path within it
 * @returns {string} the folder
 */
export function plantWorkspace(packages) {
  const root = mkdtempSync(join(tmpdir(), "plumbline-planted-"));
  for (const [folder, { manifest = {}, files = {} }] of Object.entries(packages)) {
    const name = folder.split("/")[1] ?? "";
    const whole = {
      name: `@plumbline/${name}`,
      version: "1.0.0",
      description: "One reason.",
      license: "MIT",
      type: "module",
      sideEffects: false,
      engines: { node: ">=20.19" },
      exports: {
        ".": {
          "@plumbline/source": "./src/index.ts",
          types: "./dist/index.d.ts",
          default: "./dist/index.js",
        },
        "./package.json": "./package.json",
      },
      ...manifest,
    };
    const texts = { "README.md": "A page.\n", "src/index.ts": "export {};\n", ...files };
    for (const [path, text] of Object.entries({ ...texts, "package.json": JSON.stringify(whole) })) {
      mkdirSync(dirname(join(root, folder, path)), { recursive: true });
      writeFileSync(join(root, folder, path), text);
    }
    const { dependencies = {}, devDependencies = {} } = /** @type {Record<string, object>} */ (manifest);
    for (const dependency of Object.keys({ ...dependencies, ...devDependencies })) {
      const short = dependency.replace("@plumbline/", "");
      const target = Object.keys(packages).find((one) => one.endsWith(`/${short}`));
      if (target === undefined) continue;
      mkdirSync(join(root, folder, "node_modules/@plumbline"), { recursive: true });
      symlinkSync(join(root, target), join(root, folder, "node_modules", dependency), "dir");
    }
  }
  return root;
}
