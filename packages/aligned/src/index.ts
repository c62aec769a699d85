export {
  coupled,
  projection,
  projectionFromDecoder,
  type RowMap,
  rowMapSpecVersion,
  scale,
  tied,
} from "@plumbline/ops";
export { aligned, freeRowsName } from "./aligned.ts";
export { rowMaps } from "./row-maps.ts";
