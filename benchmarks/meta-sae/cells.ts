/** One training of the grid; without `penalty` it is the SAE alone. */
export interface Cell {
  readonly name: string;
  readonly aligned: boolean;
  readonly seed: number;
  readonly penalty?: { readonly lambda2: number; readonly sigma2: number };
}

/** What the grid is made of. */
export interface Grid {
  readonly aligned: readonly boolean[];
  readonly seeds: number;
  readonly lambda2: readonly number[];
  readonly sigma2: readonly number[];
}

/** `0.3/1` */
export function penaltyKey({ lambda2, sigma2 }: NonNullable<Cell["penalty"]>): string {
  return `${lambda2}/${sigma2}`;
}

/** Every training of a grid; λ₂ = 0 once, for there σ² says nothing. */
export function cellsOf({ aligned, seeds, lambda2, sigma2 }: Grid): readonly Cell[] {
  const penalties = lambda2.flatMap((lambda) =>
    (lambda === 0 ? [1] : sigma2).map((sigma) => ({ lambda2: lambda, sigma2: sigma })),
  );
  return aligned.flatMap((isAligned) => {
    const kind = isAligned ? "aligned" : "free";
    return Array.from({ length: seeds }, (_, seed) => seed).flatMap((seed): Cell[] => [
      { name: `${kind}-solo-s${seed}`, aligned: isAligned, seed },
      ...penalties.map((penalty) => ({
        name: `${kind}-l${penalty.lambda2}-g${penalty.sigma2}-s${seed}`,
        aligned: isAligned,
        seed,
        penalty,
      })),
    ]);
  });
}
