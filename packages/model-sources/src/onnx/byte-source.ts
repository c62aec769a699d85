/** Bytes that can be read anywhere without being in memory as a whole. */
export interface ByteSource {
  /** file or other name, for messages */
  readonly where: string;
  readonly size: number;
  /** Exactly `length` bytes from `offset` on, which lie within the source; a view or a copy, to be read only. */
  read(offset: number, length: number): Uint8Array;
}

/** Bytes in memory as a {@link ByteSource}; nothing is copied. */
export function bytesInMemory(bytes: Uint8Array, where: string): ByteSource {
  return { where, size: bytes.length, read: (offset, length) => bytes.subarray(offset, offset + length) };
}
