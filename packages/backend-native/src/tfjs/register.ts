import {
  findBackendFactory,
  getKernel,
  getKernelsForBackend,
  type KernelConfig,
  type KernelFunc,
  registerBackend,
  registerKernel,
  type TensorInfo,
} from "@tensorflow/tfjs-core";
import type { TensorBinding } from "./binding.ts";
import type { KernelCall, NativeKernels } from "./kernel.ts";
import { elementwiseKernels } from "./kernels/elementwise.ts";
import { ownKernels } from "./kernels/fused.ts";
import { layoutKernels } from "./kernels/layout.ts";
import { matMulKernels } from "./kernels/mat-mul.ts";
import { reduceKernels } from "./kernels/reduce.ts";
import { rowKernels } from "./kernels/rows.ts";
import type { NativeBackend } from "./native-backend.ts";

/** The name in tfjs. */
export const tfjsName = "plumbline-native";

/** Below every backend of tfjs, so that none is replaced that the user did not choose. */
const priority = 0;

const nativeKernels: NativeKernels = {
  ...elementwiseKernels,
  ...matMulKernels,
  ...reduceKernels,
  ...rowKernels,
  ...layoutKernels,
};

type Attributes = NonNullable<Parameters<KernelFunc>[0]["attrs"]>;

/** Other kernels of the backend, for kernels that are made of several. */
function runOn(backend: NativeBackend): KernelCall["run"] {
  return (kernelName, inputs, attrs = {}) => {
    const { kernelFunc } = getKernel(kernelName, tfjsName);
    return kernelFunc({ inputs: { ...inputs }, backend, attrs: attrs as Attributes }) as TensorInfo;
  };
}

/** The native kernel, and the one of tfjs for the calls that it leaves. */
function kernelFunc(
  native: TensorBinding,
  own: NativeKernels[string],
  fallback: KernelFunc | undefined,
): KernelFunc {
  return (params) => {
    const backend = params.backend as NativeBackend;
    const made = own({
      inputs: params.inputs as KernelCall["inputs"],
      attrs: params.attrs ?? {},
      backend,
      native,
      run: runOn(backend),
    });
    if (made !== undefined) return made;
    if (fallback === undefined) throw new RangeError("a kernel of our own has none of tfjs to turn to");
    return fallback(params);
  };
}

/**
 * Registers a tfjs backend that is the cpu backend with native kernels in it. The second time it does nothing.
 *
 * @param createBackend makes the backend; tfjs's package of the cpu backend must be loaded, so that its kernels are there to copy
 */
export function registerNative(native: TensorBinding, createBackend: () => NativeBackend): void {
  if (findBackendFactory(tfjsName) !== null) return;
  registerBackend(tfjsName, createBackend, priority);
  const copies = getKernelsForBackend("cpu").map((config): KernelConfig => {
    const own = nativeKernels[config.kernelName];
    const func = own === undefined ? config.kernelFunc : kernelFunc(native, own, config.kernelFunc);
    return { ...config, backendName: tfjsName, kernelFunc: func };
  });
  const fused = Object.entries(ownKernels).map(
    ([kernelName, own]): KernelConfig => ({
      kernelName,
      backendName: tfjsName,
      kernelFunc: kernelFunc(native, own, undefined),
    }),
  );
  for (const config of [...copies, ...fused]) registerKernel(config);
}
