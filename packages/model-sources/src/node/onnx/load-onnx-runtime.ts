import { PlumblineError } from "@plumbline/core";
import type { OnnxRuntime } from "../../onnx/runtime.ts";

/**
 * ONNX Runtime for Node, which the user installs: it is large, and who reads files only does not need it.
 *
 * @throws PlumblineError (kind `environment`) `onnxruntime-missing`, `onnxruntime-broken`
 */
export async function loadOnnxRuntime(): Promise<OnnxRuntime> {
  try {
    const module = (await import("onnxruntime-node")) as OnnxRuntime & { readonly default?: OnnxRuntime };
    return module.default ?? module;
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const missing = code === "ERR_MODULE_NOT_FOUND" && message.includes("onnxruntime-node");
    throw new PlumblineError({
      code: missing ? "onnxruntime-missing" : "onnxruntime-broken",
      kind: "environment",
      message: missing
        ? "[model-sources] running ONNX models needs the package onnxruntime-node, which is not installed"
        : `[model-sources] onnxruntime-node does not start: ${message}`,
      hint: "npm install onnxruntime-node --onnxruntime-node-install=skip (without skip, it also fetches CUDA libraries)",
      cause,
    });
  }
}
