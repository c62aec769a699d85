import { expect, describe as suite, test } from "vitest";
import { z } from "zod";
import { parseConfig } from "./config.ts";
import { PlumblineError } from "./errors/plumbline-error.ts";

type Shape = { kind: "circle"; radius: number } | { kind: "group"; members: Shape[]; label?: string | undefined };

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
});
