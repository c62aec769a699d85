// What the backend on TensorFlow of a package finds, as JSON: npm run tensorflow asks before it runs the tests.
import { tfjsNodeBackend } from "@plumbline/backend-tfjs-node";
import { tfjsNodeGpuBackend } from "@plumbline/backend-tfjs-node-gpu";

const backend = process.argv[2] === "@tensorflow/tfjs-node-gpu" ? tfjsNodeGpuBackend : tfjsNodeBackend;
console.log(JSON.stringify(await backend.probe()));
