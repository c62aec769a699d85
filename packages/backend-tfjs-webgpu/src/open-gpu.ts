import type { TfjsAbsence } from "@plumbline/engine-tfjs";
import { defineMissingGlobals, nodeProcess, surroundings } from "./globals.ts";
import { noWebgpuInBrowser, webgpuDoesNotLoad, webgpuNotInstalled } from "./unavailable.ts";
import type { Gpu, WebgpuOptions, WebgpuPackage } from "./web-gpu.ts";

// Not a literal, so that bundlers for browsers do not look for it.
const packageName = "webgpu";

/** Node's words, and those of Vite; both name the package, as they do not where a file of it is missing. */
const notFound = /^(Cannot find package|Could not resolve) ['"]webgpu['"]/;

function isMissing(error: unknown): boolean {
  return error instanceof Error && notFound.test(error.message);
}

/**
 * The platform's `navigator.gpu`, or in Node that of the package `webgpu`, with the globals that tfjs needs defined.
 *
 * @returns or the one reason why there is none, and the one next step
 */
export async function openGpu(options: WebgpuOptions): Promise<Gpu | TfjsAbsence> {
  const own = surroundings.navigator?.gpu;
  if (own !== undefined) return own as Gpu;
  if (nodeProcess() === undefined) return noWebgpuInBrowser(surroundings.isSecureContext !== false);
  const importWebgpu = options.importWebgpu ?? (() => import(packageName) as Promise<WebgpuPackage>);
  try {
    const { create, globals } = await importWebgpu();
    const gpu = create([]) as Gpu;
    defineMissingGlobals(globals);
    return gpu;
  } catch (error) {
    return isMissing(error) ? webgpuNotInstalled() : webgpuDoesNotLoad(error);
  }
}
