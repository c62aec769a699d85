import { PlumblineError } from "@plumbline/core";
import { expect, describe as suite, test } from "vitest";
import { checkOnnxRuntime } from "./onnx-runtime.ts";

suite("checkOnnxRuntime()", () => {
  test("names the version and what it can compute on", async () => {
    expect(await checkOnnxRuntime()).toMatchObject({
      ok: true,
      found: expect.stringMatching(/^onnxruntime-node \d+\.\d+\.\d+, knows cpu/),
    });
  });

  test("says what to do where it is missing", async () => {
    const missing = new PlumblineError({
      code: "onnxruntime-missing",
      kind: "environment",
      message: "not installed",
      hint: "npm install onnxruntime-node",
    });
    expect(await checkOnnxRuntime(() => Promise.reject(missing))).toEqual({
      name: "ONNX models",
      ok: false,
      found: "not installed",
      nextStep: "npm install onnxruntime-node",
    });
  });
});
