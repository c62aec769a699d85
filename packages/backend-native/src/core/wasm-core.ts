import { wasmFiles } from "../package-files.ts";
import type { Core, CoreEngine, CoreStatus } from "./core.ts";
import { configFields, counterFields, levels, outcomeOf, reportFields } from "./layout.ts";
import { nodeBuiltins } from "./node-builtins.ts";
import { startWasmThread, type WasmThread } from "./wasm-thread.ts";

/** Stack of each helper; the deepest call keeps a few kilobytes. */
const stackBytes = 262_144;

interface WasmAnswer {
  readonly report: Float64Array;
  readonly rowStarts: Uint32Array;
  readonly indices: Uint32Array;
  readonly values: Float32Array;
}

function engineOf(leader: WasmThread, stop: () => void): CoreEngine {
  return {
    read: (id, kind) => leader.call("read", id, kind),
    write: (id, data, { giveUp = false } = {}) =>
      giveUp ? leader.give("write", data.buffer, id, data) : leader.call("write", id, data),
    readCounters: () => leader.call("readCounters", counterFields.length),
    writeCounters: (counters) => leader.call("writeCounters", counters),
    step: async (batch, controls, target) =>
      outcomeOf(await leader.call<Float64Array>("step", batch, controls, target)),
    encode: async (batch) => {
      const { report, ...latents } = await leader.call<WasmAnswer>("encode", batch);
      return { ...outcomeOf(report), ...latents };
    },
    decode: ({ rowStarts, indices, values }) => leader.call("decode", rowStarts, indices, values),
    dispose: stop,
  };
}

async function createEngine(
  config: Float64Array,
  options: { module: WebAssembly.Module; threads: number },
): Promise<CoreEngine | CoreStatus> {
  const { module, threads } = options;
  // Without sharing there is one thread, which makes its own memory.
  const memory =
    threads > 1 ? new WebAssembly.Memory({ initial: 32, maximum: 65_536, shared: true }) : undefined;
  const team: WasmThread[] = [];
  const stop = (): void => {
    for (const thread of team) thread.stop();
  };
  try {
    const leader = startWasmThread();
    team.push(leader);
    const { pool, stacks } = await leader.call<{ pool: number; stacks: number[] }>("lead", {
      module,
      memory,
      threads,
      stackBytes,
      config,
      reportLength: reportFields.length,
      dIn: config[configFields.indexOf("dIn")],
    });
    for (const [i, stack] of stacks.entries()) {
      const helper = startWasmThread();
      team.push(helper);
      // Never answered: a helper waits for work until it is stopped.
      helper.send("help", { module, memory, pool, stack, stackBytes, thread: i + 1 });
    }
    return engineOf(leader, stop);
  } catch (error) {
    stop();
    if (error instanceof RangeError) return "no-memory";
    throw error;
  }
}

/** Whether the module screens at the level of a configuration. */
function hasLevel(config: Float64Array): boolean {
  const level = levels[config[configFields.indexOf("level")] ?? -1];
  return level === "fp32" || level === "int16";
}

async function readBytes(url: URL): Promise<BufferSource> {
  const node = url.protocol === "file:" ? nodeBuiltins() : undefined;
  if (node === undefined) return (await fetch(url)).arrayBuffer();
  return Uint8Array.from(await node.fs.promises.readFile(url));
}

/**
 * The core as WebAssembly, each engine with threads of its own over shared memory, off the calling thread. Pages that are not
 * cross-origin isolated have no shared memory and get one thread. Never throws: what is missing is in the note.
 */
export async function loadWasmCore(wanted: number): Promise<{ core?: Core; note: string }> {
  const threads = typeof SharedArrayBuffer === "undefined" ? 1 : wanted;
  try {
    const module = await WebAssembly.compile(
      await readBytes(threads > 1 ? wasmFiles.threads : wasmFiles.single),
    );
    const core: Core = {
      runtime: "wasm",
      origin: "shipped module",
      instructionSets: ["wasm"],
      threads,
      automaticLevel: () => levels.indexOf("int16"),
      create: async (config) => (hasLevel(config) ? createEngine(config, { module, threads }) : "bad-config"),
    };
    return { core, note: "" };
  } catch (error) {
    return {
      note: `the WebAssembly module does not load: ${error instanceof Error ? error.message : String(error)}`,
    };
  }
}
