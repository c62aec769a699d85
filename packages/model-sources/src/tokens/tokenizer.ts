/** Turns text into token ids and back. A plain value. */
export interface Tokenizer {
  /** of the folder or model it was loaded from */
  readonly name: string;
  /** ids run from 0 to below this */
  readonly nVocabulary: number;
  /**
   * Ids of a text, without special tokens around it. A special token that is spelled out in the text, as
   * `<|endoftext|>`, becomes that token, as in Hugging Face's libraries.
   */
  encode(text: string): Int32Array;
  /** Text of a whole sequence; `skipSpecial` leaves special tokens out. @throws PlumblineError (kind `usage`) `unknown-token` */
  decode(ids: ArrayLike<number>, options?: { readonly skipSpecial?: boolean }): string;
  /** How the vocabulary spells a token, as `Ġthe` or `##ing`; text is what `decode` gives. */
  tokenText(id: number): string;
  readonly bosId?: number;
  readonly eosId?: number;
  readonly padId?: number;
  readonly clsId?: number;
  readonly sepId?: number;
  readonly unkId?: number;
  readonly specialIds: ReadonlySet<number>;
  /** tokens that the model was made for, where the tokenizer's files say so */
  readonly maxLength?: number;
}
