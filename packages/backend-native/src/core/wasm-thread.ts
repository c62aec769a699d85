import { wasmFiles } from "../package-files.ts";
import { nodeBuiltins } from "./node-builtins.ts";

/** A worker that answers messages by number. */
export interface WasmThread {
  call<R>(operation: string, ...args: readonly unknown[]): Promise<R>;
  /** a call that takes the buffer of one of its arguments along, instead of a copy */
  give<R>(operation: string, buffer: ArrayBufferLike, ...args: readonly unknown[]): Promise<R>;
  /** a call whose answer nobody waits for */
  send(operation: string, ...args: readonly unknown[]): void;
  stop(): void;
}

/** The part of Node's and of a browser's worker that is used here. */
interface AnyWorker {
  postMessage(message: unknown, taken: ArrayBuffer[]): void;
  terminate(): unknown;
  /** Node only: whether the process waits for it */
  ref?(): void;
  unref?(): void;
}

interface Answer {
  readonly id: number;
  readonly result?: unknown;
  readonly error?: string;
}

type Listener = { answer(answer: Answer): void; fail(reason: Error): void };

function nodeWorker({ Worker }: typeof import("node:worker_threads"), listener: Listener): AnyWorker {
  // Flags of this process are not for a thread that only runs WebAssembly; some are refused in workers.
  const worker = new Worker(wasmFiles.worker, { execArgv: [] });
  worker.on("message", listener.answer);
  worker.on("error", listener.fail);
  worker.unref();
  return worker;
}

function browserWorker(listener: Listener): AnyWorker {
  const worker = new Worker(wasmFiles.worker, { type: "module" });
  worker.onmessage = (event: MessageEvent<Answer>) => listener.answer(event.data);
  worker.onerror = (event) => listener.fail(new Error(event.message));
  return worker;
}

/** Starts a thread of the core. It does not keep a Node process alive, unless it is answering. */
export function startWasmThread(): WasmThread {
  const waiting = new Map<number, { resolve(value: unknown): void; reject(reason: Error): void }>();
  let nCalls = 0;
  const listener: Listener = {
    answer: ({ id, result, error }) => {
      const call = waiting.get(id);
      waiting.delete(id);
      if (waiting.size === 0) worker.unref?.();
      if (error === undefined) call?.resolve(result);
      else call?.reject(new RangeError(error));
    },
    fail: (reason) => {
      for (const { reject } of waiting.values()) reject(reason);
      waiting.clear();
    },
  };
  const node = nodeBuiltins();
  const worker = node === undefined ? browserWorker(listener) : nodeWorker(node.workers, listener);
  const ask = <R>(operation: string, args: readonly unknown[], taken: ArrayBuffer[]): Promise<R> =>
    new Promise<R>((resolve, reject) => {
      const id = nCalls++;
      waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      worker.ref?.();
      worker.postMessage({ id, operation, args }, taken);
    });
  return {
    call: (operation, ...args) => ask(operation, args, []),
    give: (operation, buffer, ...args) => ask(operation, args, buffer instanceof ArrayBuffer ? [buffer] : []),
    send: (operation, ...args) => worker.postMessage({ id: -1, operation, args }, []),
    stop: () => {
      void worker.terminate();
    },
  };
}
