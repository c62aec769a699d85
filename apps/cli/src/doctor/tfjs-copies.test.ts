import { mkdir, mkdtemp, realpath, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, describe as suite, test } from "vitest";
import { checkTfjsCopies, findTfjsCores } from "./tfjs-copies.ts";

async function install(root: string, path: string, name: string, version: string): Promise<void> {
  const folder = join(root, path, "node_modules", name);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify({ name, version, main: "index.js" }));
}

suite("checkTfjsCopies()", () => {
  /** A folder with tfjs-core and a package beside it, and more if asked for. */
  const userFolder = async (options: { second: boolean }): Promise<string> => {
    const root = await realpath(await mkdtemp(join(tmpdir(), "plumbline-copies-")));
    await install(root, "", "@tensorflow/tfjs-core", "4.22.0");
    await install(root, "", "@plumbline/engine-tfjs", "1.0.0");
    if (options.second) {
      await install(root, "node_modules/@plumbline/engine-tfjs", "@tensorflow/tfjs-core", "4.21.0");
    }
    return root;
  };
  // Folders above the test's own may hold copies, too.
  const foundIn = async (root: string): Promise<number> =>
    (await findTfjsCores([root])).filter((folder) => folder.startsWith(root)).length;

  test("finds a second copy inside another package of the tree", async () => {
    expect(await foundIn(await userFolder({ second: false }))).toBe(1);
    expect(await foundIn(await userFolder({ second: true }))).toBe(2);
  });

  test("counts the user's copies beside the one that this program came with, and says what to do", async () => {
    const check = await checkTfjsCopies(await userFolder({ second: true }));
    expect(check).toMatchObject({ ok: false, nextStep: expect.stringContaining("one version") });
    expect(check.found).toMatch(/^\d copies: .*4\.21\.0 in /);
  });
});
