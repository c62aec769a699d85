import type { KernelBackend } from "@tensorflow/tfjs-core";
import type { TfjsAbsence } from "../../tfjs-backend.ts";
import { absenceFor, addonMissing, otherVersion, packageMissing } from "./absence.ts";
import type { TensorFlowHost } from "./host.ts";

/** What is used of the addon itself. */
export interface TensorFlowBinding {
  readonly TF_Version: string;
  isUsingGpuDevice(): boolean;
}

/** What is used of the package around it. */
interface TensorFlowManifest {
  readonly version: string;
  readonly binary: { readonly napi_versions: readonly number[] };
}

/** A tfjs backend on TensorFlow; `isGPUPackage` tells whose it is. */
export type TensorFlowKernelBackend = KernelBackend & { readonly isGPUPackage?: boolean };

/** TensorFlow, loaded, and not registered in tfjs. */
export interface TensorFlowAddon {
  readonly packageVersion: string;
  readonly binding: TensorFlowBinding;
  createBackend(): TensorFlowKernelBackend;
  /** registers its kernels, under `tensorflow` */
  registerKernels(): void;
}

/** TensorFlow talks on stderr from the first call on; 3 leaves what ends the process. */
const quiet = { TF_CPP_MIN_LOG_LEVEL: "3" };

/** Node 23 removed what the package, 4.22.0 the last of its kind, calls: the first in its TopK kernel and others. */
function restoreRemovedFunctions(util: Record<string, unknown>): void {
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
}

function pathOrNothing(host: TensorFlowHost, id: string): string | undefined {
  try {
    return host.require.resolve(id);
  } catch {
    return undefined;
  }
}

/**
 * Loads TensorFlow's addon from an npm package, or says why not. The package's main module is passed over: it would make its
 * backend the active one.
 *
 * @param packageName `@tensorflow/tfjs-node` or `@tensorflow/tfjs-node-gpu`
 * @param tfjsVersion the version that it has to be of: files are taken from within it
 */
export function loadTensorFlowAddon(
  packageName: string,
  tfjsVersion: string,
  host: TensorFlowHost,
): TensorFlowAddon | TfjsAbsence {
  if (pathOrNothing(host, `${packageName}/package.json`) === undefined)
    return packageMissing(packageName, tfjsVersion);
  try {
    const { version, binary } = host.require(`${packageName}/package.json`) as TensorFlowManifest;
    if (version !== tfjsVersion) return otherVersion(packageName, version, tfjsVersion);
    const path = binary.napi_versions
      .filter((napi) => napi <= host.napiVersion)
      .sort((a, b) => b - a)
      .map((napi) => pathOrNothing(host, `${packageName}/lib/napi-v${napi}/tfjs_binding.node`))
      .find((one) => one !== undefined);
    if (path === undefined) return addonMissing(packageName);
    for (const [name, value] of Object.entries(quiet)) host.environment[name] ??= value;
    restoreRemovedFunctions(host.util);
    const binding = host.require(path) as TensorFlowBinding;
    const { NodeJSKernelBackend } = host.require(`${packageName}/dist/nodejs_kernel_backend.js`) as {
      NodeJSKernelBackend: new (binding: TensorFlowBinding, packageName: string) => TensorFlowKernelBackend;
    };
    return {
      packageVersion: version,
      binding,
      createBackend: () => new NodeJSKernelBackend(binding, packageName),
      registerKernels: () => {
        host.require(`${packageName}/dist/register_all_kernels.js`);
      },
    };
  } catch (error) {
    return absenceFor(error, packageName);
  }
}
