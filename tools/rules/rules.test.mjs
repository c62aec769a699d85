import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, describe as suite, test } from "vitest";
import { plantWorkspace } from "../support/planted.mjs";
import { run } from "../support/run.mjs";
import { changesetProblems } from "./changesets.mjs";
import { hostProblems } from "./hosts.mjs";
import { linkProblems } from "./links.mjs";
import { manifestProblems } from "./manifests.mjs";

/** @type {string[]} */
const planted = [];
afterEach(() => {
  for (const folder of planted.splice(0)) rmSync(folder, { recursive: true });
});

/** @param {Parameters<typeof plantWorkspace>[0]} packages */
function plant(packages) {
  const folder = plantWorkspace(packages);
  planted.push(folder);
  return folder;
}

suite("manifestProblems()", () => {
  test("finds nothing wrong with a good package", () => {
    expect(manifestProblems(plant({ "packages/core": {} }))).toEqual([]);
  });

  test("sees a development dependency on a higher row", () => {
    const manifest = { devDependencies: { "@plumbline/trainer": "workspace:^" } };
    expect(manifestProblems(plant({ "packages/ops": { manifest }, "packages/trainer": {} }))).toEqual([
      "packages/ops: depends on @plumbline/trainer, which is in row 3; ops is in row 1",
    ]);
  });

  test("sees TensorFlow.js brought by a library, and lets a backend and tests bring it", () => {
    const dependencies = { "@tensorflow/tfjs": "4.22.0" };
    const packages = {
      "packages/ops": { manifest: { dependencies } },
      "packages/aligned": { manifest: { devDependencies: dependencies } },
      "packages/backend-tfjs-cpu": { manifest: { dependencies } },
    };
    expect(manifestProblems(plant(packages))).toEqual([
      expect.stringContaining("packages/ops: brings @tensorflow/tfjs"),
    ]);
  });

  test("asks a new package for its row, and every package for what npm shows", () => {
    const manifest = {
      description: "",
      license: "ISC",
      sideEffects: true,
      engines: {},
      exports: { ".": "./src/index.ts" },
    };
    const problems = manifestProblems(plant({ "packages/brand-new": { manifest } }));
    expect(problems).toHaveLength(7);
    expect(problems[0]).toContain('exports "." with []');
    expect(problems[2]).toBe("packages/brand-new: has no row yet: add it to tools/layers.mjs");
  });
});

suite("changesetProblems()", () => {
  /** @param {string} text */
  const withChangeset = (text) => {
    const folder = plant({ "packages/core": { manifest: { version: "0.0.0" } } });
    mkdirSync(join(folder, ".changeset"));
    writeFileSync(join(folder, ".changeset/first.md"), text);
    return changesetProblems(folder);
  };

  test("is content with a package that has a changeset", () => {
    expect(withChangeset('---\n"@plumbline/core": minor\n---\n\nContracts.\n')).toEqual([]);
  });

  test("sees a package that nothing will release", () => {
    expect(changesetProblems(plant({ "packages/core": { manifest: { version: "0.0.0" } } }))).toEqual([
      "@plumbline/core: has neither a version nor a changeset",
    ]);
  });

  test("sees unknown packages, unknown bumps, silence and other files", () => {
    expect(withChangeset('---\n"@plumbline/core": tiny\n"@plumbline/gone": patch\n---\n')).toEqual([
      ".changeset/first.md: does not say what users get",
      '.changeset/first.md: @plumbline/core has bump "tiny"',
      ".changeset/first.md: unknown package @plumbline/gone",
    ]);
    expect(withChangeset("notes")[0]).toContain("is not a changeset");
  });
});

/** @param {string} folder */
async function commitAll(folder) {
  await run("git", ["init", "--quiet"], { cwd: folder });
  await run("git", ["add", "."], { cwd: folder });
}

suite("linkProblems()", () => {
  test("sees a link to a file that is not there, outside of code", async () => {
    const folder = plant({ "packages/core": {} });
    const page = ["[a](gone.md)", "[b](packages/core)", "[c](https://example.org)", "[d](page.md#top)"];
    writeFileSync(join(folder, "page.md"), [...page, "```ts", "f[0](x.md)", "```", ""].join("\n"));
    await commitAll(folder);
    expect(await linkProblems(folder)).toEqual(["page.md: links to gone.md, which is not there"]);
  });
});

suite("hostProblems()", () => {
  test("sees a registry in a committed file, and any address in the lockfile", async () => {
    const folder = plant({ "packages/core": {} });
    const address = ["https:", "", "registry.example.org", "x.tgz"].join("/");
    writeFileSync(join(folder, "pnpm-lock.yaml"), "a:\n  tarball: x.tgz\n");
    writeFileSync(join(folder, "notes.md"), `see ${address}\n`);
    writeFileSync(join(folder, "page.md"), "see https://example.org/paper\n");
    await commitAll(folder);
    const problems = await hostProblems(folder);
    expect(problems.map((one) => one.split(":")[0])).toEqual(["notes.md", "pnpm-lock.yaml"]);
  });
});
