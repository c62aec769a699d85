import pico from "picocolors";
import type { Io, TextSink } from "./io.ts";

/** When to colour; `auto` is only on a terminal, and as `NO_COLOR` and `FORCE_COLOR` say. */
export type ColorMode = "auto" | "always" | "never";

export type Colors = ReturnType<typeof pico.createColors>;

/** Whether text on `sink` may carry escape sequences; see https://no-color.org and https://force-color.org. */
export function colorsEnabled(sink: TextSink, env: Io["env"], mode: ColorMode = "auto"): boolean {
  if (mode !== "auto") return mode === "always";
  if (env.NO_COLOR) return false;
  if (env.FORCE_COLOR) return env.FORCE_COLOR !== "0";
  return sink.isTTY === true && env.TERM !== "dumb";
}

/** Functions that wrap text in colour, or leave it alone. */
export function createColors(enabled: boolean): Colors {
  return pico.createColors(enabled);
}
