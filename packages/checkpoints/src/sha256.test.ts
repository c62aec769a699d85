import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, describe as suite, test } from "vitest";
import { sha256 } from "./sha256.ts";

suite("sha256()", () => {
  test("gives the values of FIPS 180-4", () => {
    const of = (text: string) => sha256(new TextEncoder().encode(text));
    expect(of("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    expect(of("")).toBe("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    expect(of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")).toBe(
      "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
    );
  });

  test("equals Node's at every length around a block, and at any offset", () => {
    const bytes = fc.uint8Array({ maxLength: 300 });
    fc.assert(
      fc.property(bytes, fc.nat(7), (all, offset) => {
        const part = all.subarray(Math.min(offset, all.length));
        expect(sha256(part)).toBe(createHash("sha256").update(part).digest("hex"));
      }),
      { numRuns: 400 },
    );
  });
});
