import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { hookFolders } from "./hook-folders.ts";

const hooks = (...names: readonly string[]) => names.map((hookPoint) => ({ hookPoint, dIn: 1 }));

suite("hookFolders()", () => {
  test("gives the only store no folder of its own", () => {
    expect(hookFolders(hooks("blocks.0"), "test()")).toEqual([""]);
    expect(hookFolders([{ dIn: 1 }], "test()")).toEqual([""]);
  });

  test("keeps what is safe and replaces the rest", () => {
    const names = hooks("blocks.8.hook_resid_pre", "encoder/layer:3", "..", ".git", "ü x-1.", "");
    expect(hookFolders(names, "test()")).toEqual([
      "blocks.8.hook_resid_pre",
      "encoder_layer_3",
      "__",
      "_git",
      "__x-1_",
      "_",
    ]);
  });

  test("refuses names that would share a folder, also where case does not count", () => {
    for (const [a, b] of [
      ["a/b", "a:b"],
      ["Layer", "layer"],
    ] as const) {
      expect(() => hookFolders(hooks(a, "c", b), "test()")).toThrow(
        expect.objectContaining({ code: "hook-names-collide", kind: "usage" }),
      );
    }
  });

  test("never leaves the folder that was asked for", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (name) => {
        const folder = hookFolders(hooks(name, "another-name-altogether"), "test()")[0];
        expect(folder).toMatch(/^[A-Za-z0-9_-]([A-Za-z0-9._-]*[A-Za-z0-9_-])?$/);
      }),
    );
  });
});
