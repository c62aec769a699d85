/** Every number of the demo, in one place. */
export interface DemoSettings {
  readonly hookPoint: string;
  /** tokens to learn from: one epoch */
  readonly trainTokens: number;
  readonly heldOutTokens: number;
  readonly dSae: number;
  readonly k: number;
  readonly batchSize: number;
  /** the same for all runs */
  readonly lr: number;
  readonly warmupSteps: number;
  /** last part of training over which the learning rate falls to 0 */
  readonly decayFraction: number;
  readonly seed: number;
  /** latents shown of each SAE */
  readonly shownLatents: number;
  /** only latents that fire on at least so many held-out tokens are shown */
  readonly shownFromFirings: number;
}

/** 400 steps of 512 tokens: one pass over the data. */
export const fullSettings: DemoSettings = {
  hookPoint: "blocks.0.hook_resid_post",
  trainTokens: 204_800,
  heldOutTokens: 20_480,
  dSae: 4096,
  k: 32,
  batchSize: 512,
  lr: 0.002,
  warmupSteps: 40,
  decayFraction: 0.2,
  seed: 0,
  shownLatents: 4,
  shownFromFirings: 20,
};

/** For tests: every step of the way, and no result worth reading. */
export const quickSettings: DemoSettings = {
  ...fullSettings,
  trainTokens: 512,
  heldOutTokens: 256,
  dSae: 64,
  k: 8,
  batchSize: 64,
  warmupSteps: 2,
  shownLatents: 2,
  shownFromFirings: 2,
};

/** One of the SAEs that the demo compares. */
export interface Contestant {
  /** key in the result and name of its folder */
  readonly key: "free" | "freeSmallInit" | "aligned";
  readonly folder: string;
  /** head of its column */
  readonly title: string;
  readonly aligned: boolean;
  /** norm of the encoder rows at the start, decoder rows having 1; alignment fixes it at 1 */
  readonly encoderInit: number;
}

/** Aligned training against the usual free start, and against the one that is often the stronger baseline. */
export const contestants: readonly Contestant[] = [
  { key: "free", folder: "free", title: "free", aligned: false, encoderInit: 1 },
  { key: "aligned", folder: "aligned", title: "aligned", aligned: true, encoderInit: 1 },
  {
    key: "freeSmallInit",
    folder: "free-small-init",
    title: "free, small start",
    aligned: false,
    encoderInit: 0.3,
  },
];
