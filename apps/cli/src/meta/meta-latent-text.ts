import { shownNumber, textTable } from "@plumbline/extract/terminal";
import { partsOf } from "@plumbline/meta-sae";
import { counted, type Explained, labelCell, partsText, shownShare, shownWeight } from "./explained.ts";

/** One meta latent for people: the latents that it is a part of, and their other parts. */
export function metaLatentText(explained: Explained, meta: number): string {
  const { explanation, wholes, labels, top } = explained;
  const { latents } = explanation;
  const all = wholes[meta] ?? [];
  const shown = all.slice(0, top);
  const share = shownNumber(Number(((100 * all.length) / latents.nRows).toPrecision(2)));
  const about = all.length > shown.length ? `, the strongest ${shown.length} of them` : "";
  const head = `meta latent ${meta} · part of ${counted(all.length, "latent")}, ${share} %${about}`;
  if (shown.length === 0) return head;
  const rows = shown.map(({ index, value }) => [
    String(index),
    shownWeight(value),
    shownShare(explained, index),
    partsText(partsOf(latents, index).filter((part) => part.index !== meta)),
    labelCell(labels, index),
  ]);
  const columns = ["latent", "weight", "explained", "other meta latents, weights", ""];
  return `${head}\n${textTable([columns, ...rows], { indent: "  " })}`;
}
