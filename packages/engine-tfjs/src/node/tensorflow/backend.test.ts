import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Backend, InferenceForm } from "@plumbline/core";
import {
  engine,
  getBackend,
  getKernelsForBackend,
  removeBackend,
  type Tensor,
  unregisterKernel,
  version,
} from "@tensorflow/tfjs";
import { afterEach, beforeEach, expect, describe as suite, test, vi } from "vitest";
import { defineTensorFlowBackend } from "./backend.ts";
import { type FakeMachine, fakeHost } from "./fake-host.test-support.ts";
import { nodeHost, type TensorFlowHost } from "./host.ts";

const cpuPackage = "@tensorflow/tfjs-node";
const gpuPackage = "@tensorflow/tfjs-node-gpu";
const define = (packageName: typeof cpuPackage | typeof gpuPackage, host: TensorFlowHost): Backend<Tensor> =>
  defineTensorFlowBackend({
    name: "test",
    description: "for tests",
    packageName,
    speed: 2,
    from: import.meta.url,
    loadTfjs: async () => ({ version }),
    host,
  });
const onCpu = (machine: FakeMachine = {}) =>
  define(cpuPackage, fakeHost({ packageName: cpuPackage, ...machine }));
const onGpu = (machine: FakeMachine = {}) =>
  define(gpuPackage, fakeHost({ packageName: gpuPackage, ...machine }));

const printed: unknown[][] = [];
beforeEach(() => {
  printed.length = 0;
  for (const method of ["log", "info", "warn", "error", "debug"] as const) {
    vi.spyOn(console, method).mockImplementation((...words) => {
      printed.push(words);
    });
  }
});
afterEach(() => {
  vi.restoreAllMocks();
  for (const { kernelName } of getKernelsForBackend("tensorflow")) unregisterKernel(kernelName, "tensorflow");
  if ("tensorflow" in engine().registryFactory) removeBackend("tensorflow");
});

suite("a backend on TensorFlow that is there", () => {
  test("says version, threads and packages, makes nothing active, and prints nothing", async () => {
    expect(await onCpu().probe()).toEqual({
      available: true,
      deterministic: false,
      device: "TensorFlow 2.9.1, CPU, 6 threads",
      versions: { "@tensorflow/tfjs": "4.22.0", [cpuPackage]: "4.22.0", tensorflow: "2.9.1" },
      speed: 2,
    });
    expect(Object.keys(engine().registry)).toEqual(["tensorflow"]);
    expect(getBackend()).toBeUndefined();
    expect(printed).toEqual([]);
  });

  test("computes as worked out by hand, and is loaded once however often it is asked", async () => {
    const form: InferenceForm = {
      dIn: 2,
      dSae: 2,
      encoder: Float32Array.of(1, 0, 0, 1),
      encoderBias: Float32Array.of(0, -1),
      decoder: Float32Array.of(1, 0, 0, 1),
      decoderBias: Float32Array.of(0, 0),
      subtractDecoderBias: true,
      activation: { kind: "relu" },
      madeBy: { architecture: "relu", config: {} },
    };
    const backend = onCpu();
    const sae = await backend.openInference(form);
    const first = engine().registry.tensorflow;
    // (2, 3) + (0, -1).
    expect([...(await sae.encode(Float32Array.of(2, 3))).values]).toEqual([2, 2]);
    await Promise.all([backend.probe(), backend.probe()]);
    expect(engine().registry.tensorflow).toBe(first);
    sae.dispose();
    expect(printed).toEqual([]);
  });

  test("takes the number of threads from TensorFlow's variable, and keeps TensorFlow from talking", async () => {
    const environment: Record<string, string | undefined> = { TF_NUM_INTRAOP_THREADS: "1" };
    expect(await onCpu({ environment }).probe()).toMatchObject({ device: "TensorFlow 2.9.1, CPU, 1 thread" });
    expect(environment.TF_CPP_MIN_LOG_LEVEL).toBe("3");
    const talking = { TF_CPP_MIN_LOG_LEVEL: "0" };
    await onCpu({ environment: talking }).probe();
    expect(talking.TF_CPP_MIN_LOG_LEVEL).toBe("0");
  });

  test("names the GPU and its memory", async () => {
    const machine = { gpuInUse: true, driverShows: "NVIDIA A100, 40536 MiB" };
    expect(await onGpu(machine).probe()).toMatchObject({
      available: true,
      device: "TensorFlow 2.9.1, NVIDIA A100, 40536 MiB",
    });
  });

  test("says so where the package for the CPU has a TensorFlow that uses the GPU", async () => {
    expect(await onCpu({ gpuInUse: true }).probe()).toMatchObject({ device: "TensorFlow 2.9.1, GPU" });
  });

  test("gets back the functions that Node 23 removed, and leaves those that are there", async () => {
    const util: Record<string, unknown> = { isArray: "as it was" };
    await onCpu({ util }).probe();
    const isNullOrUndefined = util.isNullOrUndefined as (value: unknown) => boolean;
    expect([null, undefined, 0, "", false].map(isNullOrUndefined)).toEqual([true, true, false, false, false]);
    expect(util.isArray).toBe("as it was");
  });
});

suite("a backend on TensorFlow that is not there", () => {
  const refusals: readonly (readonly [what: string, Backend<Tensor>, reason: RegExp, nextStep: RegExp])[] = [
    [
      "the package",
      define(cpuPackage, fakeHost({})),
      /tfjs-node is not installed/,
      /^npm install @tensorflow\/tfjs-node@4\.22\.0$/,
    ],
    [
      "the package for a GPU, where that for the CPU is",
      define(gpuPackage, fakeHost({ packageName: cpuPackage })),
      /tfjs-node-gpu is not installed/,
      /npm install @tensorflow\/tfjs-node-gpu/,
    ],
    [
      "the addon's file",
      onCpu({ addonFile: false }),
      /has no addon .* install script was not allowed/,
      /npm rebuild/,
    ],
    ["the right version", onCpu({ version: "4.17.0" }), /version 4\.17\.0, .* of 4\.22\.0/, /@4\.22\.0/],
    [
      "a library",
      onGpu({
        loadError: new Error("libcudart.so.11.0: cannot open shared object file: No such file or directory"),
      }),
      /libcudart\.so\.11\.0/,
      /CUDA 11\.2/,
    ],
    ["the GPU", onGpu(), /sees no GPU, and nvidia-smi shows none/, /tfjs-node$/],
    [
      "what TensorFlow needs for the GPU",
      onGpu({ driverShows: "NVIDIA A100, 40536 MiB" }),
      /sees no GPU, though/,
      /cuDNN 8\.1/,
    ],
    ["util that can be put right", onCpu({ util: Object.freeze({}) }), /Node 23 and later/, /Node 22/],
  ];
  for (const [what, backend, reason, nextStep] of refusals) {
    test(`says that it lacks ${what}, and what to do, and starts nothing`, async () => {
      const probe = await backend.probe();
      expect(probe).toEqual({
        available: false,
        reason: expect.stringMatching(reason),
        nextStep: expect.stringMatching(nextStep),
      });
      await expect(backend.openInference({} as InferenceForm)).rejects.toMatchObject({
        code: "backend-unavailable",
        hint: probe.available ? undefined : probe.nextStep,
      });
      expect(engine().registry.tensorflow).toBeUndefined();
      expect(printed).toEqual([]);
    });
  }

  test("leaves a process to the package that came first, and says which", async () => {
    expect((await onCpu().probe()).available).toBe(true);
    expect(await onGpu({ gpuInUse: true }).probe()).toMatchObject({
      available: false,
      reason: "@tensorflow/tfjs-node runs as TensorFlow in this process already",
    });
  });

  test("works after all once the package is installed", async () => {
    const later = fakeHost({ packageName: cpuPackage });
    let host: TensorFlowHost = fakeHost({});
    const backend = define(cpuPackage, {
      ...later,
      require: Object.assign((id: string) => host.require(id), {
        resolve: (id: string) => host.require.resolve(id),
      }),
    });
    expect((await backend.probe()).available).toBe(false);
    host = later;
    expect((await backend.probe()).available).toBe(true);
  });
});

suite("a package on disk, as Node finds it", () => {
  /** Probes in a folder where the given files of the package lie. */
  async function probeWith(files: Record<string, string>) {
    const folder = await mkdtemp(join(tmpdir(), "plumbline-tensorflow-"));
    try {
      for (const [path, text] of Object.entries(files)) {
        const file = join(folder, "node_modules", cpuPackage, path);
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, text);
      }
      const node = nodeHost(import.meta.url) as TensorFlowHost;
      const host = {
        ...node,
        require: createRequire(join(folder, "index.js")),
        util: {},
        environment: {},
      };
      return await define(cpuPackage, host).probe();
    } finally {
      await rm(folder, { recursive: true });
    }
  }
  const manifest = { "package.json": '{ "version": "4.22.0", "binary": { "napi_versions": [3, 8] } }' };

  test("that is not there, has no addon, or a broken one, is told apart", async () => {
    expect(await probeWith({})).toMatchObject({ reason: expect.stringContaining("is not installed") });
    expect(await probeWith(manifest)).toMatchObject({ reason: expect.stringContaining("has no addon") });
    const broken = await probeWith({ ...manifest, "lib/napi-v8/tfjs_binding.node": "?" });
    expect(broken).toMatchObject({ reason: expect.stringContaining("does not load") });
  });
});
