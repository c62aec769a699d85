export {
  type ModelConfig,
  modelFields,
  type TextConfig,
  type TokensConfig,
  textSchema,
  tokensSchema,
} from "./model/model-config.ts";
export {
  expandHookPoints,
  locateText,
  type ModelContext,
  maxContextLength,
  openModel,
  openTextModel,
  policyProvenance,
  type TextModel,
  textSequences,
  tokenPolicy,
} from "./model/open-text-model.ts";
