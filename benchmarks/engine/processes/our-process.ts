import { fileURLToPath } from "node:url";

const fromSource = new URL("../../../tests/snippets/from-source.mjs", import.meta.url).href;
const worker = fileURLToPath(new URL("../ours/main.ts", import.meta.url));

/** The program and arguments of our worker, which runs on sources. */
export const ourWorker: readonly [string, readonly string[]] = [
  process.execPath,
  ["--conditions=@plumbline/source", `--import=${fromSource}`, worker],
];
