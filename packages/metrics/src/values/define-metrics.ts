/** What a number means, exactly. */
export interface MetricDefinition {
  /** stable name of this definition among others of the same name */
  readonly id: string;
  /** raised when the same input would give another number */
  readonly version: number;
  readonly unit: string;
  /** `r = x − xHat`; sums and means over all tokens unless said otherwise */
  readonly formula: string;
  readonly source: string;
}

/** Definitions by the name that results carry. */
export type Definitions<Name extends string = string> = Readonly<Record<Name, MetricDefinition>>;

/** Makes definitions; `version` is 1 unless it says otherwise. */
export function defineMetrics<Name extends string>(
  definitions: Readonly<Record<Name, Omit<MetricDefinition, "version"> & { readonly version?: number }>>,
): Definitions<Name> {
  const entries = Object.entries(definitions) as [Name, Omit<MetricDefinition, "version">][];
  return Object.freeze(
    Object.fromEntries(entries.map(([name, details]) => [name, Object.freeze({ version: 1, ...details })])),
  ) as Definitions<Name>;
}
