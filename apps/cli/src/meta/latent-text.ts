import { textTable } from "@plumbline/extract/terminal";
import { partsOf } from "@plumbline/meta-sae";
import { counted, type Explained, labelCell, shownShare, shownWeight } from "./explained.ts";

/** One latent for people: what it is made of, and which other latents have the same parts. */
export function latentText(explained: Explained, latent: number): string {
  const { explanation, wholes, labels, top } = explained;
  const parts = partsOf(explanation.latents, latent);
  const label = labelCell(labels, latent);
  const head = [
    label === "" ? `latent ${latent}` : `latent ${latent} “${label}”`,
    `${counted(parts.length, "part")}, explained ${shownShare(explained, latent)}`,
  ].join(" · ");
  const blocks = parts.map(({ index, value }) => {
    const others = (wholes[index] ?? []).filter((whole) => whole.index !== latent);
    const shown = others.slice(0, top);
    const about = others.length > shown.length ? `the strongest ${shown.length} of ` : "";
    const line = `  meta latent ${index}, weight ${shownWeight(value)}; ${about}${counted(others.length, "other latent")} with it`;
    if (shown.length === 0) return line;
    const rows = shown.map((whole) => [
      String(whole.index),
      shownWeight(whole.value),
      labelCell(labels, whole.index),
    ]);
    return `${line}\n${textTable([["latent", "weight", ""], ...rows], { indent: "    " })}`;
  });
  return [head, ...blocks].join("\n");
}
