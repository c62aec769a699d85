export { type ConfigDocument, loadConfigDocument } from "./config/config-document.ts";
export { type LayeredConfig, layerConfig } from "./config/layered-config.ts";
export { type Jsonc, JsoncSyntaxError, parseJsonc } from "./config/parse-jsonc.ts";
export { parseSetValue, type SetValue, valueAt, withoutValue, withValue } from "./config/set-values.ts";
