import { shownNumber, textTable } from "@plumbline/extract/terminal";
import { partsOf } from "@plumbline/meta-sae";
import { distributionOf } from "@plumbline/metrics";
import { type Explained, labelCell, partsText, shareFormula, shownShare } from "./explained.ts";

/** Latents that stand in one line for a meta latent. */
const inLine = 5;

/** `1 % 0 · 50 % 4 · 99 % 8` */
function quantilesText(counts: readonly number[]): string {
  return distributionOf(counts, { levels: [0.01, 0.5, 0.99] })
    .quantiles.map((quantile) => `${quantile.q * 100} % ${shownNumber(quantile.value)}`)
    .join(" · ");
}

function numbers({ explanation, random }: Explained): string {
  const { explainedVariance: ev, l0, nUnused, latents } = explanation;
  const counts = Array.from({ length: latents.nRows }, (_, latent) => partsOf(latents, latent).length);
  const none = counts.filter((count) => count === 0).length;
  const reason = ev.value === null ? ev.reason : undefined;
  return textTable(
    [
      [
        "explained variance",
        shownNumber(ev.value, reason),
        "of decoder rows of norm 1: 1 − Σ‖row − rebuilt‖² / Σ‖row − mean‖², mean over all rows",
      ],
      ...(random === undefined
        ? []
        : [
            [
              "  of random rows",
              shownNumber(random.value, random.value === null ? random.reason : undefined),
              "as many, by the same settings",
            ],
          ]),
      ["L0", shownNumber(l0), `meta latents of a latent · ${quantilesText(counts)}`],
      ["latents without parts", String(none), `of ${latents.nRows}`],
      ["unused meta latents", String(nUnused), `of ${latents.dSae}, part of no latent`],
    ],
    { indent: "  " },
  );
}

/** The meta latents that most latents share, each with its strongest latents. */
function shared({ wholes, labels, top }: Explained): string {
  const order = wholes
    .map((whole, meta) => ({ meta, whole }))
    .filter(({ whole }) => whole.length > 0)
    .sort((a, b) => b.whole.length - a.whole.length || a.meta - b.meta);
  const rows = order
    .slice(0, top)
    .map(({ meta, whole }) => [
      String(meta),
      String(whole.length),
      partsText(whole.slice(0, inLine), labels),
    ]);
  const columns = ["meta latent", "part of", "strongest latents, weights"];
  return textTable([columns, ...rows], { indent: "  " });
}

/** Latents of several parts with the share of each, the best first. */
function ofSeveralParts({ explanation }: Explained): readonly number[] {
  const { latents, explainedShares } = explanation;
  const share = (latent: number): number => explainedShares[latent] as number;
  return Array.from({ length: latents.nRows }, (_, latent) => latent)
    .filter((latent) => partsOf(latents, latent).length > 1 && !Number.isNaN(share(latent)))
    .sort((a, b) => share(b) - share(a) || a - b);
}

function latentTable(explained: Explained, chosen: readonly number[]): string {
  const { explanation, labels } = explained;
  const rows = chosen.map((latent) => [
    String(latent),
    shownShare(explained, latent),
    partsText(partsOf(explanation.latents, latent)),
    labelCell(labels, latent),
  ]);
  return textTable([["latent", "explained", "meta latents, weights", ""], ...rows], { indent: "  " });
}

/** The whole explanation for people: numbers, the most shared meta latents, the best and the worst rebuilt latents. */
export function summaryText(explained: Explained): string {
  const { top } = explained;
  const several = ofSeveralParts(explained);
  const worst = [...several].reverse().slice(0, top);
  return [
    numbers(explained),
    `\nmeta latents that most latents share\n${shared(explained)}`,
    `\nlatents rebuilt best, of ${several.length} with more than one part (${shareFormula})\n${latentTable(explained, several.slice(0, top))}`,
    `\nlatents rebuilt worst\n${latentTable(explained, worst)}`,
  ].join("\n");
}
