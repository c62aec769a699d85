import type { Core } from "./core.ts";

export async function loadWasmCore(_threads: number): Promise<{ core?: Core; note: string }> {
  return { note: "no WebAssembly build" };
}
