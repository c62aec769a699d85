/** Words of a fingerprint: 128 bits, so that two texts of a corpus of 10¹² share one with a chance of 1 in 10¹⁴. */
const nWords = 4;

/** A set of 128-bit fingerprints: 21 to 43 bytes for each, in one array, where a `Set` of texts would hold the texts. */
export function createFingerprintSet(): {
  /** @param fingerprint at least 16 bytes; those after are ignored @returns whether it was new */
  add(fingerprint: Uint8Array): boolean;
  readonly size: number;
} {
  let capacity = 1024;
  let table = new Uint32Array(capacity * nWords);
  let size = 0;
  /** Puts words into the table. @returns whether they were not in it */
  const put = (words: Uint32Array): boolean => {
    for (let slot = (words[0] ?? 0) % capacity; ; slot = (slot + 1) % capacity) {
      const at = slot * nWords;
      const held = table.subarray(at, at + nWords);
      if (held.every((word) => word === 0)) {
        table.set(words, at);
        return true;
      }
      if (held.every((word, i) => word === words[i])) return false;
    }
  };
  const grow = (): void => {
    const old = table;
    capacity *= 2;
    table = new Uint32Array(capacity * nWords);
    for (let at = 0; at < old.length; at += nWords) {
      const words = old.subarray(at, at + nWords);
      if (words.some((word) => word !== 0)) put(words);
    }
  };
  return {
    add(fingerprint) {
      const view = new DataView(fingerprint.buffer, fingerprint.byteOffset, 4 * nWords);
      const words = Uint32Array.from({ length: nWords }, (_, i) => view.getUint32(4 * i, true));
      // All zeros mark an empty slot.
      if (words.every((word) => word === 0)) words[nWords - 1] = 1;
      if (size >= capacity * 0.75) grow();
      const isNew = put(words);
      if (isNew) size++;
      return isNew;
    },
    get size() {
      return size;
    },
  };
}
