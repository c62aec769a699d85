import type { Colors } from "@plumbline/extract/terminal";
import { shownNumber, textTable } from "@plumbline/extract/terminal";
import type { AgreementSpread, Spread, StabilityResult } from "@plumbline/metrics";

/** `0.81 ± 0.02` */
function shown({ n, mean, std }: Spread): string {
  if (mean.value === null) return mean.reason;
  return n > 1 ? `${shownNumber(mean.value)} ± ${shownNumber(std.value)}` : shownNumber(mean.value);
}

const lines: readonly (readonly [string, (found: AgreementSpread) => Spread | undefined])[] = [
  ["decoder: matched cosine (PW-MCC)", ({ decoder }) => decoder.matchedCosine],
  ["decoder: mean max cosine (MMCS)", ({ decoder }) => decoder.meanMaxCosine],
  ["decoder: matched above threshold", ({ decoder }) => decoder.shareMatchedAbove],
  ["decoder, centred: matched cosine", ({ decoderCentred }) => decoderCentred?.matchedCosine],
  ["encoder: matched cosine", ({ encoder }) => encoder.matchedCosine],
  ["encoder: mean max cosine", ({ encoder }) => encoder.meanMaxCosine],
  ["encoder: matched above threshold", ({ encoder }) => encoder.shareMatchedAbove],
  ["shared, matches apart", ({ sharedIndependently }) => sharedIndependently],
  ["shared, same latent", ({ sharedTogether }) => sharedTogether],
  ["matches agree", ({ matchesAgree }) => matchesAgree],
];

/** Stability of several runs for people: trained, living latents only, and as they began. */
export function stabilityTable(
  trained: StabilityResult,
  options: { readonly start?: StabilityResult; readonly colors: Colors },
): string {
  const { start, colors } = options;
  const columns: [string, AgreementSpread][] = [["all latents", trained.all]];
  if (trained.alive !== undefined) columns.push(["living latents", trained.alive]);
  if (start !== undefined) columns.push(["at step 0", start.all]);
  const rows = [
    ["", ...columns.map(([name]) => name)],
    ...lines.flatMap(([name, pick]) => {
      const cells = columns.map(([, found]) => pick(found));
      return cells.every((cell) => cell === undefined)
        ? []
        : [[name, ...cells.map((cell) => (cell === undefined ? "" : shown(cell)))]];
    }),
    [
      "latents found in another run",
      shownNumber(trained.featureStability.mean.value),
      ...columns
        .slice(1)
        .map(([name]) => (name === "at step 0" ? shownNumber(start?.featureStability.mean.value) : "")),
    ],
    ...trained.subspaces.map(({ rank, byChance, overlap }, i) => [
      `overlap of ${rank} leading directions`,
      shown(overlap),
      ...columns.slice(1).map(([name]) => {
        const found = name === "at step 0" ? start?.subspaces[i]?.overlap : undefined;
        return found === undefined ? "" : shown(found);
      }),
      `by chance ${shownNumber(byChance)}`,
    ]),
  ];
  const n = trained.pairs.length;
  const about = `${trained.nRuns} SAEs, ${n} ${n === 1 ? "pair" : "pairs"}, threshold ${trained.threshold}; mean ± population standard deviation over pairs`;
  return `${colors.bold("stability")} · ${about}\n${textTable(rows, { indent: "  " })}`;
}
