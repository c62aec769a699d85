export { tfjsNodeBackend } from "./tfjs-node-backend.ts";
