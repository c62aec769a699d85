/** Time per step since it was last read. */
export interface Pace {
  /** @returns nothing without a clock, or where the clock has not moved */
  read(step: number, batchSize: number): { msPerStep: number; tokensPerSecond: number } | undefined;
}

/** Starts to measure: steps with all that lies between them, batches and checkpoints included. */
export function createPace(clock: (() => number) | undefined, startStep: number): Pace {
  let since = clock?.() ?? 0;
  let from = startStep;
  return {
    read: (step, batchSize) => {
      if (clock === undefined) return undefined;
      const now = clock();
      const msPerStep = (now - since) / (step - from);
      since = now;
      from = step;
      return msPerStep > 0 ? { msPerStep, tokensPerSecond: (1000 * batchSize) / msPerStep } : undefined;
    },
  };
}
