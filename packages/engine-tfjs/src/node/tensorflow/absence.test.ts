import { expect, describe as suite, test } from "vitest";
import { absenceFor, noGpu } from "./absence.ts";

const name = "@tensorflow/tfjs-node";

/** What Node and the system's loader said, word for word but for paths. */
const messages: readonly (readonly [what: string, message: string, reason: RegExp, nextStep: RegExp])[] = [
  [
    "TensorFlow itself missing, prebuilt addon",
    "libtensorflow.so.2: cannot open shared object file: No such file or directory",
    /shared library libtensorflow\.so\.2, .* was not found/,
    /npm rebuild @tensorflow\/tfjs-node"/,
  ],
  [
    "TensorFlow itself missing, addon built against a wheel",
    "libtensorflow_cc.so.2: cannot open shared object file: No such file or directory",
    /libtensorflow_cc\.so\.2/,
    /npm rebuild/,
  ],
  [
    "CUDA's runtime missing",
    "libcudart.so.11.0: cannot open shared object file: No such file or directory",
    /libcudart\.so\.11\.0/,
    /CUDA 11\.2 and cuDNN 8\.1/,
  ],
  [
    "cuDNN missing",
    "libcudnn.so.8: cannot open shared object file: No such file or directory",
    /libcudnn\.so\.8/,
    /cuDNN 8\.1/,
  ],
  [
    "driver missing",
    "libcuda.so.1: cannot open shared object file: No such file or directory",
    /libcuda\.so\.1/,
    /driver/,
  ],
  [
    "a library of the system missing",
    "libstdc++.so.6: cannot open shared object file: No such file or directory",
    /libstdc\+\+\.so\.6/,
    /LD_LIBRARY_PATH/,
  ],
  [
    "TensorFlow missing on macOS",
    "dlopen(/p/lib/napi-v8/tfjs_binding.node, 0x0001): Library not loaded: @rpath/libtensorflow.2.dylib\n  Referenced from: /p",
    /libtensorflow\.2\.dylib/,
    /npm rebuild/,
  ],
  [
    "a system older than the addon",
    "/lib/x86_64-linux-gnu/libstdc++.so.6: version `GLIBCXX_3.4.32' not found (required by /p/tfjs_binding.node)",
    /does not load: .*GLIBCXX_3\.4\.32/,
    /npm run tensorflow/,
  ],
  ["a broken file", "/p/tfjs_binding.node: file too short", /does not load: .*file too short/, /npm rebuild/],
  [
    "a dependency of the package missing",
    "Cannot find module 'google-protobuf'\nRequire stack:\n- /p/dist/proto/api_pb.js",
    /installed in part: google-protobuf is missing/,
    /npm install @tensorflow\/tfjs-node again/,
  ],
  [
    "Node 23 or later, without the function put back",
    "(0 , util_1.isNullOrUndefined) is not a function",
    /Node 23 and later/,
    /Node 22/,
  ],
];

suite("absenceFor()", () => {
  test.each(messages)("knows: %s", (_what, message, reason, nextStep) => {
    const absence = absenceFor(new Error(message), name);
    expect(absence).toEqual({
      available: false,
      reason: expect.stringMatching(reason),
      nextStep: expect.stringMatching(nextStep),
    });
    expect(absence.reason).not.toContain("\n");
  });

  test("answers whatever is thrown", () => {
    for (const thrown of [undefined, "words", new Error("")]) {
      expect(absenceFor(thrown, name).reason).toMatch(/does not load: ./);
    }
  });
});

suite("noGpu()", () => {
  test("tells a machine without a GPU from one whose CUDA libraries are missing or of another version", () => {
    expect(noGpu("2.20.0", undefined)).toMatchObject({
      reason: "TensorFlow 2.20.0 sees no GPU, and nvidia-smi shows none",
      nextStep: expect.stringContaining("driver"),
    });
    expect(noGpu("2.9.1", "NVIDIA A100, 40536 MiB")).toMatchObject({
      reason: expect.stringContaining("though the driver shows NVIDIA A100"),
      nextStep: expect.stringContaining("CUDA 11.2 and cuDNN 8.1"),
    });
    expect(noGpu("2.20.0", "NVIDIA A100, 40536 MiB").nextStep).toContain("TensorFlow 2.20.0 was built for");
  });
});
