import { expect, describe as suite, test, vi } from "vitest";
import { PlumblineError } from "./plumbline-error.ts";

suite("PlumblineError", () => {
  test("says what, where and what to do in one sentence, and keeps the parts", () => {
    const cause = new Error("below");
    const error = new PlumblineError({
      code: "bad-shard",
      kind: "input",
      message: "[demo] read(): expected 3 rows, got 2",
      where: "shard-00000.safetensors",
      hint: "fetch it anew",
      cause,
    });
    expect(error.message).toBe(
      "[demo] read(): expected 3 rows, got 2 (shard-00000.safetensors); fetch it anew",
    );
    expect(error).toMatchObject({
      name: "PlumblineError",
      code: "bad-shard",
      kind: "input",
      what: "[demo] read(): expected 3 rows, got 2",
      where: "shard-00000.safetensors",
      hint: "fetch it anew",
    });
    expect(error.cause).toBe(cause);
    expect(error).toBeInstanceOf(Error);
  });

  test("leaves out the parts that are not given", () => {
    const bare = new PlumblineError({ code: "a", kind: "bug", message: "[demo] f(): no" });
    expect(bare.message).toBe("[demo] f(): no");
    expect(bare.where).toBeUndefined();
    expect(bare.hint).toBeUndefined();
    expect("cause" in bare).toBe(false);
    const placed = new PlumblineError({ code: "a", kind: "bug", message: "[demo] f(): no", where: "key k" });
    expect(placed.message).toBe("[demo] f(): no (key k)");
    const hinted = new PlumblineError({ code: "a", kind: "bug", message: "[demo] f(): no", hint: "try g()" });
    expect(hinted.message).toBe("[demo] f(): no; try g()");
  });

  test("is recognised across two copies of the package", async () => {
    vi.resetModules();
    const copy = await import("./plumbline-error.ts");
    expect(copy.PlumblineError).not.toBe(PlumblineError);
    const foreign = new copy.PlumblineError({ code: "a", kind: "bug", message: "no" });
    expect(foreign instanceof PlumblineError).toBe(false);
    expect(PlumblineError.isInstance(foreign)).toBe(true);
    expect(
      copy.PlumblineError.isInstance(new PlumblineError({ code: "a", kind: "bug", message: "no" })),
    ).toBe(true);
  });

  test("is told from everything else", () => {
    const lookalike = { name: "PlumblineError", code: "a", kind: "bug", message: "no" };
    for (const value of [lookalike, new Error("no"), null, undefined, "PlumblineError", 7, () => 1]) {
      expect(PlumblineError.isInstance(value)).toBe(false);
    }
  });

  test("does not show its mark where it is printed or listed", () => {
    const error = new PlumblineError({ code: "a", kind: "bug", message: "no" });
    expect(
      Object.getOwnPropertySymbols(error).every(
        (mark) => !Object.prototype.propertyIsEnumerable.call(error, mark),
      ),
    ).toBe(true);
  });
});
