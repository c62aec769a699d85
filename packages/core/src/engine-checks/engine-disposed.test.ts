import { expect, test } from "vitest";
import { engineDisposed } from "./engine-disposed.ts";

test("engineDisposed() names the engine's package and what to do", () => {
  expect(engineDisposed("toy")).toMatchObject({
    code: "engine-disposed",
    kind: "bug",
    what: "[toy] the engine was disposed and cannot be used any more",
    hint: "make a new one",
  });
});
