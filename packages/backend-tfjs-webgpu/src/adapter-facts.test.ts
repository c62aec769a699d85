import { expect, describe as suite, test } from "vitest";
import { adapterFacts } from "./adapter-facts.ts";

const limits = { maxStorageBufferBindingSize: 2 ** 27, maxBufferSize: 2 ** 28 };

suite("adapterFacts()", () => {
  test("names a graphics processor, and the largest tensor by the smaller of two limits", () => {
    const info = { vendor: "nvidia", architecture: "hopper", description: "NVIDIA H100" };
    expect(adapterFacts({ info, limits })).toEqual({
      isSoftware: false,
      device: "NVIDIA H100, nvidia hopper, tensors up to 128 MiB",
    });
  });

  for (const info of [
    { vendor: "google", architecture: "swiftshader" },
    { vendor: "mesa", description: "llvmpipe (LLVM 15.0.6, 256 bits)" },
    { vendor: "microsoft", device: "Microsoft Basic Render Driver" },
    { vendor: "", isFallbackAdapter: true },
  ]) {
    test(`knows one in software: ${Object.values(info).join(" ")}`, () => {
      const { isSoftware, device } = adapterFacts({ info, limits });
      expect(isSoftware).toBe(true);
      expect(device).toContain("(in software)");
    });
  }

  test("names one that says nothing", () => {
    expect(adapterFacts({ limits }).device).toBe("an adapter without a name, tensors up to 128 MiB");
  });
});
