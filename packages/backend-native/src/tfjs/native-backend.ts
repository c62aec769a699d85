import type { MathBackendCPU } from "@tensorflow/tfjs-backend-cpu";
import { DataStorage, engine, type TensorInfo } from "@tensorflow/tfjs-core";
import { Recycling } from "./recycling.ts";

type DataId = TensorInfo["dataId"];
type TensorData = ReturnType<MathBackendCPU["data"]["get"]>;

/**
 * The cpu backend of tfjs, whose tensors are plain arrays, with arrays used again. Only those are that no one but native
 * kernels has had: a copied kernel or `dataSync` may hand on the array itself, or a view of it.
 */
export interface NativeBackend extends MathBackendCPU {
  /** what is stored of a tensor, for kernels that keep nothing of it */
  peek(dataId: DataId): TensorData;
  /** a new array, with whatever is in it */
  take(size: number): Float32Array;
  takeZeros(size: number): Float32Array;
}

/** Every way to the values but `peek` leads through `get`. */
class WatchedStorage extends DataStorage<TensorData> {
  readonly #recycling: Recycling;

  constructor(backend: MathBackendCPU, recycling: Recycling) {
    super(backend, engine());
    this.#recycling = recycling;
  }

  override get(dataId: DataId): TensorData {
    const data = super.get(dataId);
    this.#recycling.release(data.values);
    return data;
  }

  peek(dataId: DataId): TensorData {
    return super.get(dataId);
  }
}

/** @param Cpu tfjs's backend; handed in, because its package registers itself when it is loaded */
export function createNativeBackend(Cpu: typeof MathBackendCPU): NativeBackend {
  class Backend extends Cpu implements NativeBackend {
    readonly #recycling = new Recycling();
    readonly #storage: WatchedStorage;

    constructor() {
      super();
      this.#storage = new WatchedStorage(this, this.#recycling);
      this.data = this.#storage;
    }

    peek(dataId: DataId): TensorData {
      return this.#storage.peek(dataId);
    }

    take(size: number): Float32Array {
      return this.#recycling.take(size);
    }

    takeZeros(size: number): Float32Array {
      return this.#recycling.takeZeros(size);
    }

    override refCount(dataId: DataId): number {
      return this.#storage.has(dataId) ? this.peek(dataId).refCount : 0;
    }

    override incRef(dataId: DataId): void {
      this.peek(dataId).refCount += 1;
    }

    override decRef(dataId: DataId): void {
      if (this.#storage.has(dataId)) this.peek(dataId).refCount -= 1;
    }

    override disposeData(dataId: DataId, force = false): boolean {
      const data = this.#storage.has(dataId) ? this.peek(dataId) : undefined;
      if (data === undefined || data.complexTensorInfos !== undefined)
        return super.disposeData(dataId, force);
      data.refCount -= 1;
      if (!force && data.refCount > 0) return false;
      this.#storage.delete(dataId);
      this.#recycling.give(data.values);
      return true;
    }
  }
  return new Backend();
}
