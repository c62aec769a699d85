/** A piece of a protobuf message to be written. */
export type WirePart = Uint8Array;

/** @param value from 0, an integer below 2^53 */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) bytes.push((rest % 0x80) | 0x80);
  bytes.push(rest);
  return bytes;
}

/** Parts one after the other as one array. */
export function concatenate(parts: readonly WirePart[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A field of type varint. */
export const integerField = (number: number, value: number): WirePart =>
  Uint8Array.from([...varint(number * 8), ...varint(value)]);

/** A field that holds a message, made of its fields. */
export function messageField(number: number, parts: readonly WirePart[]): WirePart {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  return concatenate([Uint8Array.from([...varint(number * 8 + 2), ...varint(length)]), ...parts]);
}

/** A field that holds text. */
export const textField = (number: number, text: string): WirePart =>
  messageField(number, [new TextEncoder().encode(text)]);
