import type { DetailedComparison } from "@plumbline/metrics";
import type { LoadedSae } from "../load-sae.ts";
import type { Changes } from "./changes.ts";
import type { MeasuredPair } from "./measure-pair.ts";
import type { PhiHistograms } from "./phi-shares.ts";

/** The two SAEs: what is compared, and the reference. */
export type SaePair = readonly [a: LoadedSae, b: LoadedSae];

/** All that a comparison found. */
export interface Found {
  readonly saes: SaePair;
  readonly measured: MeasuredPair;
  readonly changes: Changes;
  readonly histograms: PhiHistograms;
  readonly pairing: DetailedComparison;
}
