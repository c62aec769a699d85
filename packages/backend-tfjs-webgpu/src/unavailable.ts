import type { TfjsAbsence } from "@plumbline/engine-tfjs";

/** Version of `webgpu` that is asked for; 0.2.12, 0.5.0 and 0.6.0 need a newer C++ library than Debian 12 has. */
export const webgpuVersion = "0.6.2";

/** @param nextStep one thing to do */
function unavailable(reason: string, nextStep: string): TfjsAbsence {
  return { available: false, reason, nextStep: `${nextStep}, or use tfjs-wasm` };
}

export function noWebgpuInBrowser(isSecure: boolean): TfjsAbsence {
  return isSecure
    ? unavailable(
        "this browser has no WebGPU",
        "use a browser that has it, as current versions of Chrome, Edge, Firefox and Safari do on most systems",
      )
    : unavailable(
        "browsers offer WebGPU to secure pages only",
        "open the page over https: or from localhost",
      );
}

export function webgpuNotInstalled(): TfjsAbsence {
  return unavailable(
    "Node has no WebGPU of its own, and the package webgpu is not installed",
    `run npm install webgpu@${webgpuVersion} (130 MB)`,
  );
}

export function webgpuDoesNotLoad(cause: unknown): TfjsAbsence {
  const message = cause instanceof Error ? cause.message : String(cause);
  const nextStep = message.includes("GLIBC")
    ? `run npm install webgpu@${webgpuVersion}, which asks for an older C++ library`
    : `install webgpu@${webgpuVersion} again, on a system that it has a build for`;
  return unavailable(`the package webgpu does not load: ${message.split("\n")[0]}`, nextStep);
}

export function noAdapter(where: "browser" | "linux" | "elsewhere"): TfjsAbsence {
  const reason = "WebGPU is there but finds no adapter";
  if (where === "browser") return unavailable(reason, "switch hardware acceleration on in the browser");
  return unavailable(
    reason,
    where === "linux"
      ? "install libvulkan1 and a Vulkan driver, as mesa-vulkan-drivers 25, or name one's .json in VK_DRIVER_FILES"
      : "update the driver of the graphics processor",
  );
}

export function deviceRefused(cause: unknown): TfjsAbsence {
  const message = cause instanceof Error ? cause.message : String(cause);
  return unavailable(
    `the adapter gives no device: ${message.split("\n")[0]}`,
    "update the driver of the graphics processor",
  );
}
