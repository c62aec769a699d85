import type { Backend } from "@plumbline/core";
import { env, findBackend, findBackendFactory, registerBackend, type Tensor } from "@tensorflow/tfjs-core";
import { startTfjsBackend } from "../../start-backend.ts";
import { defineTfjsBackend, type TfjsAbsence, type TfjsDevice } from "../../tfjs-backend.ts";
import { absenceFor, nameTaken, noGpu, outsideNode } from "./absence.ts";
import { loadTensorFlowAddon, type TensorFlowAddon, type TensorFlowKernelBackend } from "./addon.ts";
import { nodeHost, type TensorFlowHost } from "./host.ts";

/** What an adapter of TensorFlow's addon says about itself. */
export interface TensorFlowBackendDefinition {
  readonly name: string;
  readonly description: string;
  /** which package has the addon */
  readonly packageName: "@tensorflow/tfjs-node" | "@tensorflow/tfjs-node-gpu";
  /** expected speed relative to `tfjs-cpu` */
  readonly speed: number;
  /** `import.meta.url` of the adapter, whose peer the package is */
  readonly from: string;
  /** loads `@tensorflow/tfjs`, which registers the gradients that tfjs-core leaves out in Node */
  loadTfjs(): Promise<{ readonly version: { readonly tfjs: string } }>;
  /** Node, or something in its place */
  readonly host?: TensorFlowHost;
}

/** The package's own name for its backend; some of its kernels look for it. */
const backendName = "tensorflow";
/** The package's own priority, above wasm. */
const priority = 3;
const packageFor = (gpu: boolean): string => `@tensorflow/tfjs-node${gpu ? "-gpu" : ""}`;

/** Registers and starts it, or says who was faster. */
async function start(addon: TensorFlowAddon, isGpuPackage: boolean): Promise<TfjsAbsence | undefined> {
  if (findBackendFactory(backendName) === null) {
    addon.registerKernels();
    registerBackend(backendName, () => addon.createBackend(), priority);
  }
  await startTfjsBackend(backendName);
  const { isGPUPackage: other = false } = findBackend(backendName) as TensorFlowKernelBackend;
  return other === isGpuPackage ? undefined : nameTaken(packageFor(other));
}

/** One line: version, and threads or GPU. */
async function deviceOf({ binding }: TensorFlowAddon, host: TensorFlowHost): Promise<string> {
  const name = `TensorFlow ${binding.TF_Version}`;
  if (binding.isUsingGpuDevice()) return `${name}, ${(await host.nvidiaGpu()) ?? "GPU"}`;
  const asked = Number(host.environment.TF_NUM_INTRAOP_THREADS);
  const nThreads = asked >= 1 ? Math.trunc(asked) : host.nProcessors;
  return `${name}, CPU, ${nThreads} thread${nThreads === 1 ? "" : "s"}`;
}

/**
 * The generic engine on TensorFlow's C library, through the addon of `@tensorflow/tfjs-node` or `-gpu`, which the user
 * installs. Answers a probe with what is missing, step by step: package, addon, shared library, GPU.
 *
 * A `-gpu` package that works on the CPU, as TensorFlow does without a word where it finds no GPU, counts as missing.
 */
export function defineTensorFlowBackend(definition: TensorFlowBackendDefinition): Backend<Tensor> {
  const { name, description, packageName, speed, from } = definition;
  const isGpuPackage = packageName === packageFor(true);
  let device: string | undefined;
  const load = async (): Promise<TfjsDevice | TfjsAbsence> => {
    const host = definition.host ?? nodeHost(from);
    if (host === undefined) return outsideNode();
    const { version } = await definition.loadTfjs();
    // Otherwise tfjs prints about kernels that two packages have in common.
    env().set("PROD", true);
    const addon = loadTensorFlowAddon(packageName, version.tfjs, host);
    if ("reason" in addon) return addon;
    const { TF_Version } = addon.binding;
    if (isGpuPackage && !addon.binding.isUsingGpuDevice()) return noGpu(TF_Version, await host.nvidiaGpu());
    try {
      const problem = await start(addon, isGpuPackage);
      if (problem !== undefined) return problem;
    } catch (error) {
      return absenceFor(error, packageName);
    }
    device ??= await deviceOf(addon, host);
    return {
      backendName,
      // Neither TensorFlow nor the libraries below it promise an order of sums.
      deterministic: false,
      device,
      versions: {
        "@tensorflow/tfjs": version.tfjs,
        [packageName]: addon.packageVersion,
        tensorflow: TF_Version,
      },
      speed,
    };
  };
  return defineTfjsBackend({
    name,
    description,
    nextStep: `npm install ${packageName} again, or use tfjs-wasm`,
    load,
  });
}
