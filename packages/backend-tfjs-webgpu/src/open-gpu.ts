import { defineMissingGlobals, nodeProcess, surroundings } from "./globals.ts";
import { noWebgpuInBrowser, webgpuDoesNotLoad, webgpuNotInstalled } from "./unavailable.ts";
import type { Gpu, WebgpuOptions, WebgpuPackage } from "./web-gpu.ts";

// Not a literal, so that bundlers for browsers do not look for it.
const packageName = "webgpu";

function isMissing(error: unknown): boolean {
  const { code, message = "" } = error as { code?: string; message?: string };
  // Node names the package; the same code is used where a file of the package is missing.
  return code === "ERR_MODULE_NOT_FOUND" && message.includes(`'${packageName}'`);
}

/**
 * The platform's `navigator.gpu`, or in Node that of the package `webgpu`, with the globals that tfjs needs defined.
 *
 * @throws PlumblineError `webgpu-unavailable` with the one reason and the one next step
 */
export async function openGpu(options: WebgpuOptions): Promise<Gpu> {
  const own = surroundings.navigator?.gpu;
  if (own !== undefined) return own as Gpu;
  if (nodeProcess() === undefined) throw noWebgpuInBrowser(surroundings.isSecureContext !== false);
  const importWebgpu = options.importWebgpu ?? (() => import(packageName) as Promise<WebgpuPackage>);
  try {
    const { create, globals } = await importWebgpu();
    const gpu = create([]) as Gpu;
    defineMissingGlobals(globals);
    return gpu;
  } catch (error) {
    throw isMissing(error) ? webgpuNotInstalled(error) : webgpuDoesNotLoad(error);
  }
}
