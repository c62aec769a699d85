import { createRegistry, type Registry } from "@plumbline/core";
import {
  coupled,
  projection,
  projectionFromDecoder,
  type RowMap,
  rowMapSpecVersion,
  scale,
  tied,
} from "@plumbline/ops";

/** The row maps that ship with Plumbline, by name, plus any of your own. */
export function rowMaps(own: readonly RowMap[] = []): Registry<RowMap> {
  return createRegistry({ kind: "row map", specVersion: rowMapSpecVersion, nameOf: (map) => map.name }, [
    projection,
    projectionFromDecoder,
    scale,
    coupled,
    tied,
    ...own,
  ]);
}
