import { PlumblineError } from "@plumbline/core";
import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { dtypeNames, itemBytes, type SafetensorsDtype } from "./dtype.ts";
import { encodeSafetensors, type TensorToWrite } from "./encode-safetensors.ts";
import { readSafetensors } from "./read-safetensors.ts";

/** Reads everything that a file offers; only refusals in words are let pass. Says whether the header was accepted. */
function readAll(bytes: Uint8Array): boolean {
  const attempt = <R>(read: () => R): R | undefined => {
    try {
      return read();
    } catch (error) {
      if (!PlumblineError.isInstance(error) || error.kind !== "input") throw error;
      return undefined;
    }
  };
  const file = attempt(() => readSafetensors(bytes));
  for (const name of file?.tensors.keys() ?? []) {
    attempt(() => file?.float32(name));
    attempt(() => file?.int32(name));
    expect(file?.bytes(name)).toBeInstanceOf(Uint8Array);
  }
  return file !== undefined;
}

const nameArbitrary = fc
  .string({ unit: "grapheme", maxLength: 8 })
  .filter((name) => name !== "__proto__" && name !== "__metadata__");

const tensorArbitrary: fc.Arbitrary<TensorToWrite> = fc
  .tuple(fc.constantFrom(...(dtypeNames as SafetensorsDtype[])), fc.array(fc.nat(3), { maxLength: 3 }))
  .chain(([dtype, shape]) => {
    const nBytes = shape.reduce((product, size) => product * size, itemBytes(dtype));
    return fc
      .uint8Array({ minLength: nBytes, maxLength: nBytes })
      .map((data): TensorToWrite => ({ dtype, shape, data }));
  });

const contentArbitrary = fc.tuple(
  fc.dictionary(nameArbitrary, tensorArbitrary, { maxKeys: 4, noNullPrototype: true }),
  fc.option(fc.dictionary(nameArbitrary, fc.string({ unit: "grapheme" }), { maxKeys: 3 }), {
    nil: undefined,
  }),
);

const withLength = (json: Uint8Array, data: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(8 + json.length + data.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(json.length), true);
  bytes.set(json, 8);
  bytes.set(data, 8 + json.length);
  return bytes;
};

suite("a file from a stranger", () => {
  test("is read or refused in words: random bytes", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        readAll(bytes);
        readAll(withLength(bytes, new Uint8Array()));
      }),
      { numRuns: 500 },
    );
  });

  test("is read or refused in words: bytes of a valid file changed, removed or added", () => {
    let accepted = 0;
    fc.assert(
      fc.property(
        contentArbitrary,
        fc.array(
          fc.tuple(
            fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
            fc.nat(255),
            fc.constantFrom("set", "insert", "remove"),
          ),
          {
            minLength: 1,
            maxLength: 3,
          },
        ),
        ([tensors, metadata], changes) => {
          const bytes = [...encodeSafetensors(tensors, metadata)];
          for (const [place, value, kind] of changes) {
            bytes.splice(
              Math.floor(place * bytes.length),
              kind === "insert" ? 0 : 1,
              ...(kind === "remove" ? [] : [value]),
            );
          }
          if (readAll(Uint8Array.from(bytes))) accepted++;
        },
      ),
      { numRuns: 1000 },
    );
    // Changes inside the data area leave a valid file, so both ways were taken.
    expect(accepted).toBeGreaterThan(0);
    expect(accepted).toBeLessThan(1000);
  });

  test("is read or refused in words: headers of the right form with wrong values", () => {
    const number = fc.oneof(
      fc.integer({ min: -2, max: 16 }),
      fc.maxSafeNat(),
      fc.double(),
      fc.bigInt().map(Number),
    );
    const entry = fc.record(
      {
        dtype: fc.oneof(fc.constantFrom(...dtypeNames), fc.string(), fc.jsonValue()),
        shape: fc.oneof(fc.array(number, { maxLength: 4 }), fc.jsonValue()),
        data_offsets: fc.oneof(fc.tuple(number, number), fc.tuple(fc.nat(16), fc.nat(16)), fc.jsonValue()),
        extra: fc.jsonValue(),
      },
      { requiredKeys: [] },
    );
    const name = fc.oneof(fc.string(), fc.constantFrom("__metadata__", "__proto__", "constructor"));
    fc.assert(
      fc.property(fc.dictionary(name, fc.oneof(entry, fc.jsonValue())), fc.nat(32), (header, dataBytes) => {
        readAll(withLength(new TextEncoder().encode(JSON.stringify(header)), new Uint8Array(dataBytes)));
      }),
      { numRuns: 1000 },
    );
  });
});

suite("encodeSafetensors()", () => {
  test("writes what readSafetensors() gives back, at a multiple of each element's size", () => {
    fc.assert(
      fc.property(contentArbitrary, ([tensors, metadata]) => {
        const bytes = encodeSafetensors(tensors, metadata);
        const file = readSafetensors(bytes);
        expect({ ...file.metadata }).toEqual({ ...metadata });
        expect([...file.tensors.keys()].sort()).toEqual(Object.keys(tensors).sort());
        for (const [name, tensor] of Object.entries(tensors)) {
          const { dtype, shape, byteStart } = file.tensors.get(name) ?? {};
          expect({ dtype, shape }).toEqual({ dtype: tensor.dtype, shape: tensor.shape });
          expect(file.bytes(name)).toEqual(tensor.data);
          expect((byteStart ?? -1) % itemBytes(tensor.dtype ?? "U8")).toBe(0);
        }
        const shuffled = Object.fromEntries(Object.entries(tensors).reverse());
        expect(encodeSafetensors(shuffled, metadata)).toEqual(bytes);
      }),
      { numRuns: 300 },
    );
  });
});
