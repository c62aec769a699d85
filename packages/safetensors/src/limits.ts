/** What a file may ask of its reader before it is refused. */
export interface SafetensorsLimits {
  /** length of the JSON header, in bytes */
  readonly maxHeaderBytes: number;
  /** tensors in one file */
  readonly maxTensors: number;
  /** axes of one tensor */
  readonly maxRank: number;
  /** length of a tensor name or a metadata key, in bytes as stored */
  readonly maxNameBytes: number;
}

/** Limits that no honest file known to us comes near; pass others to read one that does. */
export const defaultLimits: SafetensorsLimits = Object.freeze({
  // The reference reader's own number.
  maxHeaderBytes: 100_000_000,
  // Ten times the largest shards of public mixture-of-experts models.
  maxTensors: 100_000,
  maxRank: 16,
  maxNameBytes: 4096,
});
