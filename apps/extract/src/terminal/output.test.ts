import { expect, describe as suite, test } from "vitest";
import { colorsEnabled } from "./colors.ts";
import { memoryIo } from "./memory-io.ts";
import { createOutput } from "./output.ts";

suite("createOutput()", () => {
  test("sends data to stdout and talk to stderr", () => {
    const io = memoryIo();
    const output = createOutput(io);
    output.data("result");
    output.say("working");
    output.event({ type: "never", v: 1 });
    expect(io.out()).toBe("result\n");
    expect(io.err()).toBe("working\n");
  });

  test("with json prints events as lines and no text for people", () => {
    const io = memoryIo();
    const output = createOutput(io, { json: true });
    output.data("table");
    output.event({ type: "done", v: 1, n: 3 });
    expect(io.lines()).toEqual([{ type: "done", v: 1, n: 3 }]);
  });

  test("quiet keeps warnings and results only", () => {
    const io = memoryIo();
    const output = createOutput(io, { quiet: true });
    output.say("chatter");
    output.warn("careful");
    output.data("result");
    io.advance(60_000);
    output.progress("far", 0.5);
    expect(io.err()).toBe("warning: careful\n");
    expect(io.out()).toBe("result\n");
  });
});

suite("progress", () => {
  test("is one plain line each ten seconds where nobody looks", () => {
    const io = memoryIo();
    const output = createOutput(io);
    for (let second = 0; second <= 25; second++) {
      output.progress(`second ${second}`, second / 25);
      io.advance(1000);
    }
    expect(io.err()).toBe(" 40 % · second 10\n 80 % · second 20\n");
  });

  test("redraws one line on a terminal, without escape sequences, and makes way for text", () => {
    const io = memoryIo({ isTTY: true, env: { NO_COLOR: "1" } });
    const output = createOutput(io);
    output.progress("a long line of progress", 0.5);
    io.advance(200);
    output.progress("short", 0.6);
    output.say("text");
    expect(io.err()).not.toContain("\u001b");
    const shown = io.err().split("\r");
    expect(shown[1]).toBe(" 50 % ▓▓▓▓▓▓░░░░░░ a long line of progress");
    expect(shown[2]).toMatch(/^ 60 % ▓▓▓▓▓▓▓░░░░░ short +$/);
    expect(shown.at(-1)).toBe("text\n");
  });

  test("never exceeds the width of the terminal", () => {
    const io = memoryIo({ isTTY: true });
    createOutput(io).progress("x".repeat(500), 0.1);
    expect(io.err().length).toBeLessThanOrEqual(80);
  });
});

suite("colorsEnabled()", () => {
  const terminal = { write: () => undefined, isTTY: true };
  const pipe = { write: () => undefined };

  test("is on for a terminal and off for a pipe", () => {
    expect(colorsEnabled(terminal, {})).toBe(true);
    expect(colorsEnabled(pipe, {})).toBe(false);
    expect(colorsEnabled(terminal, { TERM: "dumb" })).toBe(false);
  });

  test("NO_COLOR wins over FORCE_COLOR, the flag over both", () => {
    expect(colorsEnabled(terminal, { NO_COLOR: "1", FORCE_COLOR: "1" })).toBe(false);
    expect(colorsEnabled(pipe, { FORCE_COLOR: "1" })).toBe(true);
    expect(colorsEnabled(terminal, { FORCE_COLOR: "0" })).toBe(false);
    expect(colorsEnabled(pipe, { NO_COLOR: "1" }, "always")).toBe(true);
    expect(colorsEnabled(terminal, { FORCE_COLOR: "1" }, "never")).toBe(false);
  });
});
