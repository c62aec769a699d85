import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { root } from "../support/run.mjs";

/** Everything that is fetched and built, and nothing else; not in git. */
export const buildFolder = fileURLToPath(new URL("./.build", import.meta.url));

/** The last release of TensorFlow.js, which Plumbline runs on; its addon uses TensorFlow's C interface, which stays. */
export const tfjsVersion = "4.22.0";

/** What the package's kernels need at run time and the workspace does not have. */
export const protobuf = "google-protobuf@3.21.4";

/** The releases of Python that have wheels of the TensorFlow below. */
export const pythons = { oldest: 9, newest: 13 };

const tensorFlowVersion = "2.20.0";

/**
 * @typedef {object} Variant
 * @property {string} folder where it is built
 * @property {string} npmPackage
 * @property {string} adapter folder of the package whose peer it is
 * @property {readonly string[]} pip arguments of `pip install`
 * @property {number} bytes that it takes on disk at its largest, rounded up
 * @property {string} tests contract tests of its own
 */

/** @type {Readonly<Record<"cpu" | "gpu", Variant>>} */
export const variants = {
  cpu: {
    folder: join(buildFolder, "cpu"),
    npmPackage: "@tensorflow/tfjs-node",
    adapter: join(root, "packages/backend-tfjs-node"),
    // Its Python packages are not needed: the addon takes the C library and its headers only.
    pip: ["--no-deps", `tensorflow-cpu==${tensorFlowVersion}`],
    bytes: 2e9,
    tests: "tests/contracts/tfjs-node.test.ts",
  },
  gpu: {
    folder: join(buildFolder, "gpu"),
    npmPackage: "@tensorflow/tfjs-node-gpu",
    adapter: join(root, "packages/backend-tfjs-node-gpu"),
    // With the CUDA and cuDNN libraries that it was built for; the machine's own need not fit.
    pip: [`tensorflow[and-cuda]==${tensorFlowVersion}`],
    bytes: 12e9,
    tests: "tests/contracts/tfjs-node-gpu.test.ts",
  },
};
