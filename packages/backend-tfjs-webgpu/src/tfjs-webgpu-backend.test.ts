import { readFileSync } from "node:fs";
import { PlumblineError } from "@plumbline/core";
import { workedForm } from "@plumbline/testing";
import { engine, getKernelsForBackend } from "@tensorflow/tfjs-core";
import { afterEach, expect, describe as suite, test } from "vitest";
import { createTfjsWebgpuBackend, tfjsWebgpuBackend } from "./tfjs-webgpu-backend.ts";
import { webgpuVersion } from "./unavailable.ts";
import type { WebgpuPackage } from "./web-gpu.ts";

const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const rejecting = (message: string, code?: string) =>
  createTfjsWebgpuBackend({
    importWebgpu: () => Promise.reject(Object.assign(new Error(message), { code })),
  });
/** The package `webgpu` on a machine with these adapters. */
const withAdapter = (adapter: object | null): WebgpuPackage => ({
  create: () => ({ requestAdapter: async () => adapter }),
  globals: { GPUPlumblineTest: 1, Array: "not this one" },
});

afterEach(() => {
  Reflect.deleteProperty(globalThis, "GPUPlumblineTest");
});

// The tests of this file share one process and run in order: the first sees what importing alone did.
suite("tfjsWebgpuBackend", () => {
  test("registers nothing when imported", () => {
    expect(Object.keys(engine().registryFactory)).toEqual([]);
    expect(getKernelsForBackend("webgpu")).toEqual([]);
    expect(tfjsWebgpuBackend.name).toBe("tfjs-webgpu");
    expect(Object.isFrozen(tfjsWebgpuBackend)).toBe(true);
  });

  test("asks for the version of webgpu that package.json names", () => {
    expect(manifest.peerDependencies.webgpu).toBe(webgpuVersion);
    expect(manifest.peerDependenciesMeta.webgpu.optional).toBe(true);
  });
});

suite("where WebGPU cannot run, a probe says why and what to do", () => {
  test("without the package webgpu", async () => {
    const code = "ERR_MODULE_NOT_FOUND";
    const backend = rejecting("Cannot find package 'webgpu' imported from /a/b.js", code);
    expect(await backend.probe()).toEqual({
      available: false,
      reason: "Node has no WebGPU of its own, and the package webgpu is not installed",
      nextStep: "run npm install webgpu@0.6.2 (130 MB), or use tfjs-wasm",
    });
  });

  test("with one that needs a newer C++ library", async () => {
    const missing = "/lib/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by dawn.node)";
    expect(await rejecting(`${missing}\nmore`, "ERR_DLOPEN_FAILED").probe()).toEqual({
      available: false,
      reason: `the package webgpu does not load: ${missing}`,
      nextStep: "run npm install webgpu@0.6.2, which asks for an older C++ library, or use tfjs-wasm",
    });
  });

  test("with one that has no build for this system", async () => {
    const message = "Cannot find module '/a/node_modules/webgpu/dist/aix-ppc64/dawn.node'";
    const probe = await rejecting(message, "MODULE_NOT_FOUND").probe();
    expect(probe).toMatchObject({
      available: false,
      nextStep: expect.stringContaining("on a system that it has a build for"),
    });
  });

  test("without an adapter; globals are defined where missing, and navigator is as it was", async () => {
    const before = Object.getOwnPropertyDescriptor(globalThis, "navigator");
    const backend = createTfjsWebgpuBackend({ importWebgpu: async () => withAdapter(null) });
    expect(await backend.probe()).toMatchObject({
      available: false,
      reason: "WebGPU is there but finds no adapter",
    });
    expect(globalThis).toHaveProperty("GPUPlumblineTest", 1);
    expect(Array).toBeTypeOf("function");
    expect(Object.getOwnPropertyDescriptor(globalThis, "navigator")).toEqual(before);
    const thrown: unknown = await backend.openInference(workedForm).catch((error: unknown) => error);
    expect(PlumblineError.isInstance(thrown) && [thrown.code, thrown.hint]).toEqual([
      "backend-unavailable",
      expect.stringMatching(/, or use tfjs-wasm$/),
    ]);
  });

  test("with an adapter that gives no device, and again when asked again", async () => {
    const adapter = {
      features: new Set(),
      limits: { maxStorageBufferBindingSize: 2 ** 27, maxBufferSize: 2 ** 28 },
      requestDevice: () => Promise.reject(new Error("the driver has gone")),
    };
    const backend = createTfjsWebgpuBackend({ importWebgpu: async () => withAdapter(adapter) });
    for (let i = 0; i < 2; i++) {
      expect(await backend.probe()).toMatchObject({
        available: false,
        reason: "the adapter gives no device: the driver has gone",
      });
    }
    expect(globalThis.navigator === undefined || !("gpu" in globalThis.navigator)).toBe(true);
  });
});
