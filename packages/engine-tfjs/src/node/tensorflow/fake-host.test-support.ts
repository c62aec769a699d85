import { engine, getKernelsForBackend, type KernelBackend, registerKernel } from "@tensorflow/tfjs";
import type { TensorFlowHost } from "./host.ts";

/** What a machine is to be like. */
export interface FakeMachine {
  /** where the package lies; nothing where it is not installed */
  readonly packageName?: string;
  readonly version?: string;
  /** whether its install script left the addon's file */
  readonly addonFile?: boolean;
  /** what loading the addon throws */
  readonly loadError?: Error;
  readonly gpuInUse?: boolean;
  readonly driverShows?: string;
  readonly environment?: Record<string, string | undefined>;
  readonly util?: Record<string, unknown>;
}

/** A kernel backend with the shape of the package's own, which computes as tfjs's cpu backend does. */
class FakeKernelBackend {
  constructor(_binding: unknown, packageName: string) {
    const cpu = engine().registryFactory.cpu?.factory() as KernelBackend;
    Object.assign(this, { isGPUPackage: packageName.endsWith("-gpu") });
    Object.setPrototypeOf(this, cpu);
  }
}

/** Modules that look like `@tensorflow/tfjs-node`, by their paths in the package. */
export function fakeHost(machine: FakeMachine): TensorFlowHost {
  const { packageName, version = "4.22.0", addonFile = true, loadError, gpuInUse = false } = machine;
  const modules: Record<string, () => unknown> = {
    "package.json": () => ({ version, binary: { napi_versions: [3, 8, 6] } }),
    "dist/nodejs_kernel_backend.js": () => ({ NodeJSKernelBackend: FakeKernelBackend }),
    "dist/register_all_kernels.js": () => {
      for (const kernel of getKernelsForBackend("cpu"))
        registerKernel({ ...kernel, backendName: "tensorflow" });
    },
  };
  if (addonFile) {
    modules["lib/napi-v8/tfjs_binding.node"] = () => {
      if (loadError !== undefined) throw loadError;
      return { TF_Version: "2.9.1", isUsingGpuDevice: () => gpuInUse };
    };
  }
  const find = (id: string): (() => unknown) => {
    const found = packageName !== undefined && modules[id.slice(packageName.length + 1)];
    if (!found || !id.startsWith(`${packageName}/`)) throw new Error(`Cannot find module '${id}'`);
    return found;
  };
  return {
    require: Object.assign((id: string) => find(id)(), {
      resolve: (id: string) => {
        find(id);
        return id;
      },
    }),
    util: machine.util ?? {},
    environment: machine.environment ?? {},
    nProcessors: 6,
    napiVersion: 9,
    nvidiaGpu: async () => machine.driverShows,
  };
}
