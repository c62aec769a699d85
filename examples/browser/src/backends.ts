import type { Backend, BackendProbe } from "@plumbline/core";
import type { Tensor } from "@tensorflow/tfjs-core";

/** A backend that the page offers; its code is fetched when it is probed. */
export interface Choice {
  readonly name: string;
  readonly load: () => Promise<Backend<Tensor>>;
}

/** What was found for one choice. */
export interface Found {
  readonly choice: Choice;
  readonly probe: BackendProbe;
}

export const choices: readonly Choice[] = [
  { name: "native", load: async () => (await import("@plumbline/backend-native")).nativeBackend },
  {
    name: "tfjs-webgpu",
    load: async () => (await import("@plumbline/backend-tfjs-webgpu")).tfjsWebgpuBackend,
  },
  {
    name: "tfjs-wasm",
    load: async () => {
      const { setWasmPaths } = await import("@tensorflow/tfjs-backend-wasm");
      setWasmPaths(new URL("tfjs/", document.baseURI).href);
      return (await import("@plumbline/backend-tfjs-wasm")).tfjsWasmBackend;
    },
  },
  { name: "tfjs-cpu", load: async () => (await import("@plumbline/backend-tfjs-cpu")).tfjsCpuBackend },
];

/** Asks one backend what it finds here; code that does not arrive is an answer too. */
export async function look(choice: Choice): Promise<Found> {
  try {
    return { choice, probe: await (await choice.load()).probe() };
  } catch (error) {
    const reason = `its code does not load: ${error instanceof Error ? error.message : error}`;
    return { choice, probe: { available: false, reason, nextStep: "load the page again" } };
  }
}
