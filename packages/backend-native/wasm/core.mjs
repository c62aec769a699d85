// The core in WebAssembly behind plain arrays, in the thread that calls it.

/**
 * @typedef {Record<string, WebAssembly.ExportValue> & {
 *   allocateBytes(bytes: number): number, releaseBytes(address: number): void, automaticLevel(): number,
 *   createPool(threads: number): number, helpPool(pool: number, thread: number): void,
 *   createEngine(fields: number, count: number, pool: number): number,
 *   arraySize(engine: number, id: number): number,
 *   writeArray(engine: number, id: number, data: number, count: number): number,
 *   readArray(engine: number, id: number, data: number, count: number): number,
 *   writeCounters(engine: number, data: number): void, readCounters(engine: number, data: number): void,
 *   step(engine: number, batch: number, nTokens: number, controls: number, target: number, report: number): number,
 *   encode(engine: number, batch: number, nTokens: number, report: number): number,
 *   pairStarts(engine: number): number, pairLatents(engine: number): number, pairValues(engine: number): number,
 *   decode(engine: number, nTokens: number, starts: number, indices: number, values: number, out: number): number,
 *   __stack_pointer: WebAssembly.Global }} Exports
 */

/** Status of the core for "no memory left". */
const noMemory = 1;

/**
 * Instantiates the module over a memory.
 *
 * @param {WebAssembly.Module} module
 * @param {WebAssembly.Memory} memory
 * @returns {Exports}
 */
export function instantiate(module, memory) {
  return /** @type {Exports} */ (
    /** @type {unknown} */ (new WebAssembly.Instance(module, { env: { memory } }).exports)
  );
}

/** A memory of one thread: a few pages for the module's data and stack, the rest grows. */
export function createMemory() {
  return new WebAssembly.Memory({ initial: 32, maximum: 65536 });
}

/** @typedef {Float32Array | Float64Array | Int32Array | Uint32Array} Numbers */

/**
 * Copies arrays in and out of the core's memory. Room is kept by name for the next call, and grows.
 *
 * @param {Exports} core
 * @param {WebAssembly.Memory} memory
 */
function createTransfer(core, memory) {
  /** @type {Map<string, { address: number, bytes: number }>} */
  const rooms = new Map();

  /** @param {string} name */
  const free = (name) => {
    const old = rooms.get(name);
    if (old !== undefined) core.releaseBytes(old.address);
    rooms.delete(name);
  };
  /** @param {string} name @param {number} wanted in bytes */
  const room = (name, wanted) => {
    const old = rooms.get(name);
    if (old !== undefined && old.bytes >= wanted) return old.address;
    free(name);
    const bytes = Math.max(64, wanted);
    const address = core.allocateBytes(bytes) >>> 0;
    if (address === 0) throw new RangeError("no memory left for WebAssembly");
    rooms.set(name, { address, bytes });
    return address;
  };
  /** @param {string} name @param {Numbers} data */
  const put = (name, data) => {
    const address = room(name, data.byteLength);
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    new Uint8Array(memory.buffer, address, data.byteLength).set(bytes);
    return address;
  };
  /**
   * @template {Numbers} A
   * @param {new (length: number) => A} type
   * @param {number} address
   * @param {number} length
   */
  const take = (type, address, length) => {
    const out = new type(length);
    const bytes = new Uint8Array(out.buffer);
    bytes.set(new Uint8Array(memory.buffer, address >>> 0, bytes.length));
    return out;
  };
  return { free, room, put, take };
}

/** @typedef {ReturnType<typeof createTransfer>} Transfer */

/**
 * Frees what came in a message: garbage that is not in this thread's heap hardly ever makes it collect any.
 *
 * @param {ArrayBufferLike} buffer
 */
function release(buffer) {
  const { port1, port2 } = new MessageChannel();
  if (buffer instanceof ArrayBuffer) port1.postMessage(undefined, [buffer]);
  port1.close();
  port2.close();
}

/**
 * Reading and writing an engine's arrays.
 *
 * @param {Exports} core
 * @param {number} engine
 * @param {Transfer} transfer
 */
function arrayCalls(core, engine, { free, room, put, take }) {
  return {
    /** @param {number} id @param {"float32" | "int32"} kind */
    read: (id, kind) => {
      const n = core.arraySize(engine, id);
      const address = room("array", 4 * n);
      core.readArray(engine, id, address, n);
      const out = kind === "float32" ? take(Float32Array, address, n) : take(Int32Array, address, n);
      free("array");
      return out;
    },
    /** @param {number} id @param {Float32Array | Int32Array} data */
    write: (id, data) => {
      core.writeArray(engine, id, put("array", data), data.length);
      // The largest array is as large as the dictionary; its room is needed for better things.
      free("array");
      release(data.buffer);
    },
    /** @param {number} length */
    readCounters: (length) => {
      const address = room("counters", 8 * length);
      core.readCounters(engine, address);
      return take(Float64Array, address, length);
    },
    /** @param {Float64Array} counters */
    writeCounters: (counters) => core.writeCounters(engine, put("counters", counters)),
  };
}

/**
 * Steps, encoding and decoding.
 *
 * @param {Exports} core
 * @param {number} engine
 * @param {Transfer & { reportLength: number, dIn: number }} options
 */
function workCalls(core, engine, { room, put, take, reportLength, dIn }) {
  /** @param {number} status @param {number} address */
  const reported = (status, address) => Float64Array.of(status, ...take(Float64Array, address, reportLength));
  return {
    /** @param {Float32Array} batch @param {Float64Array} controls @param {Float32Array | undefined} target */
    step: (batch, controls, target) => {
      const report = room("report", 8 * reportLength);
      const pull = target === undefined ? 0 : put("target", target);
      const rows = put("batch", batch);
      return reported(
        core.step(engine, rows, batch.length / dIn, put("controls", controls), pull, report),
        report,
      );
    },
    /** @param {Float32Array} batch */
    encode: (batch) => {
      const report = room("report", 8 * reportLength);
      const nTokens = batch.length / dIn;
      const status = core.encode(engine, put("batch", batch), nTokens, report);
      const starts =
        status === 0 ? take(Uint32Array, core.pairStarts(engine), nTokens + 1) : new Uint32Array(1);
      const n = starts[starts.length - 1] ?? 0;
      return {
        report: reported(status, report),
        rowStarts: starts,
        indices: take(Uint32Array, core.pairLatents(engine), n),
        values: take(Float32Array, core.pairValues(engine), n),
      };
    },
    /** @param {Uint32Array} rowStarts @param {Uint32Array} indices @param {Float32Array} values */
    decode: (rowStarts, indices, values) => {
      const n = rowStarts.length - 1;
      const out = room("decoded", 4 * n * dIn);
      const [starts, where, what] = [
        put("starts", rowStarts),
        put("indices", indices),
        put("values", values),
      ];
      const status = core.decode(engine, n, starts, where, what, out);
      if (status === noMemory) throw new RangeError("no memory left to decode");
      return take(Float32Array, out, n * dIn);
    },
  };
}

/**
 * One engine, its arrays copied in and out. Throws a RangeError where memory runs out.
 *
 * @param {Exports} core
 * @param {WebAssembly.Memory} memory
 * @param {{ config: Float64Array, pool: number, reportLength: number, dIn: number }} options
 */
export function createWasmEngine(core, memory, options) {
  const transfer = createTransfer(core, memory);
  const { config, pool } = options;
  const engine = core.createEngine(transfer.put("config", config), config.length, pool) >>> 0;
  if (engine === 0) throw new RangeError("no memory left for this dictionary");
  return { ...arrayCalls(core, engine, transfer), ...workCalls(core, engine, { ...transfer, ...options }) };
}
