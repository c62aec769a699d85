import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { nearest } from "./nearest.ts";
import { unknownNameError } from "./unknown-name-error.ts";

const known = ["relu", "topk", "batch-topk", "jumprelu"];

suite("nearest()", () => {
  test("finds what was meant by a slip, a missing or a doubled letter, and in any case", () => {
    expect(nearest("tpok", known)).toBe("topk");
    expect(nearest("rellu", known)).toBe("relu");
    expect(nearest("jumpreu", known)).toBe("jumprelu");
    expect(nearest("TopK", known)).toBe("topk");
    expect(nearest("batchtopk", known)).toBe("batch-topk");
  });

  test("gives nothing rather than something unlike", () => {
    expect(nearest("transformer", known)).toBeUndefined();
    expect(nearest("zzzz", known)).toBeUndefined();
    expect(nearest("relu", [])).toBeUndefined();
  });

  test("changes at most half of the word, and at least one letter of a short one", () => {
    expect(nearest("abcd", ["abxy"])).toBe("abxy");
    expect(nearest("abcd", ["axyz"])).toBeUndefined();
    expect(nearest("a", ["ab"])).toBe("ab");
    expect(nearest("", ["a"])).toBe("a");
  });

  test("takes the earlier one of two that are equally near", () => {
    expect(nearest("bat", ["cat", "rat"])).toBe("cat");
  });

  test("finds a known word as itself", () => {
    const words = fc.uniqueArray(fc.string({ minLength: 1 }), {
      minLength: 1,
      selector: (word) => word.toLowerCase(),
    });
    fc.assert(
      fc.property(words, fc.nat(), (all, pick) => {
        const word = all[pick % all.length] ?? "";
        expect(nearest(word, all)).toBe(word);
      }),
    );
  });
});

suite("unknownNameError()", () => {
  test("names the nearest and all known ones", () => {
    const error = unknownNameError({
      kind: "row map",
      name: "guage",
      known: ["gauge", "weighted"],
      from: "[aligned] aligned()",
      where: "key map",
    });
    expect(error).toMatchObject({ code: "unknown-row-map", kind: "usage", where: "key map" });
    expect(error.message).toBe(
      '[aligned] aligned(): no row map is named "guage" (key map); did you mean "gauge"? Known: gauge, weighted',
    );
  });

  test("suggests nothing where nothing is near, or known", () => {
    const from = "[cli] train()";
    expect(unknownNameError({ kind: "metric", name: "zzz", known: ["l0"], from }).hint).toBe("Known: l0");
    expect(unknownNameError({ kind: "metric", name: "zzz", known: [], from }).hint).toBe("Known: none");
  });
});
