/** Characters that could move a cursor, recolour a terminal, or turn the direction of what follows. */
const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

const known: Readonly<Record<string, string>> = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };

/**
 * Text from a file as it may stand in a line on a terminal: control characters, marks of writing direction and line separators
 * become escapes that can be read, long text is cut.
 *
 * @param options `most`: characters that are left
 */
export function plainText(text: string, options: { readonly most: number }): string {
  const shown = text.replace(
    unseen,
    (found) => known[found] ?? `\\u{${(found.codePointAt(0) ?? 0).toString(16)}}`,
  );
  const characters = [...shown];
  return characters.length <= options.most ? shown : `${characters.slice(0, options.most - 1).join("")}…`;
}
