/** Node's `process`, absent in browsers. */
interface NodeProcess {
  readonly platform: string;
  readonly versions: { readonly node?: string };
}

interface WithWebgpu {
  readonly process?: NodeProcess;
  readonly navigator?: { readonly gpu?: object };
  readonly isSecureContext?: boolean;
}

/** The global object, as far as WebGPU is concerned. */
export const surroundings: WithWebgpu = globalThis as WithWebgpu;

/** Node's `process` where this is Node. */
export function nodeProcess(): NodeProcess | undefined {
  return surroundings.process?.versions?.node === undefined ? undefined : surroundings.process;
}

/** Defines globals that are missing and leaves those that are there. tfjs reads them for as long as it runs. */
export function defineMissingGlobals(values: object): void {
  for (const [name, value] of Object.entries(values)) {
    if (name in globalThis) continue;
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
}

/**
 * Runs `work` while `navigator.gpu` is there, which tfjs asks for when it is loaded and started but not later. Afterwards
 * all is as before, so that libraries which choose by `navigator.gpu` choose as if nothing had been.
 */
export async function withNavigatorGpu<R>(gpu: object, work: () => Promise<R>): Promise<R> {
  if (surroundings.navigator?.gpu !== undefined) return work();
  const hadNavigator = surroundings.navigator !== undefined;
  if (!hadNavigator) Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });
  const { navigator } = surroundings;
  Object.defineProperty(navigator, "gpu", { value: gpu, configurable: true });
  try {
    return await work();
  } finally {
    if (hadNavigator) Reflect.deleteProperty(navigator as object, "gpu");
    else Reflect.deleteProperty(globalThis, "navigator");
  }
}
