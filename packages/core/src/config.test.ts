import { expect, describe as suite, test } from "vitest";
import { z } from "zod";
import { parseConfig } from "./config.ts";
import { PlumblineError } from "./errors/plumbline-error.ts";

type Shape =
  | { kind: "circle"; radius: number }
  | { kind: "group"; members: Shape[]; label?: string | undefined };

const shape: z.ZodType<Shape> = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("circle"), radius: z.number() }),
  z.strictObject({
    kind: z.literal("group"),
    label: z.string().optional(),
    get members() {
      return z.array(shape);
    },
  }),
]);

function errorOf(schema: z.ZodType, input: unknown): PlumblineError {
  try {
    parseConfig(schema, input, { from: "[test] parse()" });
  } catch (error) {
    if (PlumblineError.isInstance(error)) return error;
    throw error;
  }
  throw new Error("expected an error");
}

suite("parseConfig()", () => {
  test("names the nearest key, also where the misspelling leaves a required key missing", () => {
    const error = errorOf(z.strictObject({ radius: z.number(), label: z.string() }), {
      radios: 1,
      label: "a",
    });
    expect(error).toMatchObject({ code: "unknown-key", where: "key radios" });
    expect(error.hint).toBe('did you mean "radius"? Known: radius, label');
  });

  test("lists the keys of the member of a union that was meant", () => {
    expect(errorOf(shape, { kind: "circle", radius: 1, x: 2 }).hint).toBe("Known: kind, radius");
    const nested = {
      kind: "group",
      members: [
        { kind: "circle", radius: 1 },
        { kind: "circle", radus: 1 },
      ],
    };
    const error = errorOf(shape, nested);
    expect(error.where).toBe("key members.1.radus");
    expect(error.hint).toBe('did you mean "radius"? Known: kind, radius');
  });

  test("follows references into shared and recursive schemas", () => {
    const config = z.strictObject({ first: shape, others: z.record(z.string(), shape) });
    const circle = { kind: "circle", radius: 1 };
    const deep = { kind: "group", members: [{ kind: "group", members: [], lable: "a" }] };
    const error = errorOf(config, { first: circle, others: { a: deep } });
    expect(error.where).toBe("key others.a.members.0.lable");
    expect(error.hint).toBe('did you mean "label"? Known: kind, label, members');
  });

  test("names the key of a wrong value", () => {
    const error = errorOf(shape, { kind: "circle", radius: "wide" });
    expect(error).toMatchObject({ code: "bad-config", where: "key radius" });
    expect(error.message).toContain("expected number");
  });

  test("gives the configuration complete, defaults filled in, and leaves the input alone", () => {
    const schema = z.strictObject({
      k: z.int().default(32),
      trainer: z.strictObject({ nSteps: z.int().default(10) }).prefault({}),
    });
    const input = Object.freeze({ k: 4 });
    expect(parseConfig(schema, input, { from: "[test] parse()" })).toEqual({ k: 4, trainer: { nSteps: 10 } });
  });

  test("says what was expected and what was found", () => {
    const schema = z.strictObject({ k: z.int().min(1), name: z.enum(["relu", "topk"]).optional() });
    expect(errorOf(schema, { k: 0 }).what).toBe(
      "[test] parse(): Too small: expected number to be >=1, got 0",
    );
    expect(errorOf(schema, { k: 1.5 }).what).toMatch(/expected int, received number, got 1.5$/);
    expect(errorOf(schema, { k: 1, name: "relux" }).what).toMatch(
      /expected one of "relu"\|"topk", got "relux"$/,
    );
    expect(errorOf(schema, {}).what).toMatch(/expected number, received undefined$/);
    expect(errorOf(schema, { k: "x".repeat(500) }).what.length).toBeLessThan(200);
    const whole = errorOf(schema, null);
    expect(whole).toMatchObject({ code: "bad-config", kind: "usage", where: undefined });
    expect(whole.message).toMatch(/received null; correct that value/);
  });

  test("names the file together with the key", () => {
    const schema = z.strictObject({ trainer: z.strictObject({ lr: z.number() }) });
    const parse = (input: unknown) =>
      parseConfig(schema, input, { from: "[test] parse()", where: "plumbline.config.json" });
    expect(() => parse({ trainer: { lr: true } })).toThrow(
      expect.objectContaining({ where: "plumbline.config.json, key trainer.lr" }),
    );
    expect(() => parse({ trainer: { lr: 1, Lr: 2 } })).toThrow(
      expect.objectContaining({ code: "unknown-key", where: "plumbline.config.json, key trainer.Lr" }),
    );
    expect(() => parse(7)).toThrow(expect.objectContaining({ where: "plumbline.config.json" }));
  });
});
