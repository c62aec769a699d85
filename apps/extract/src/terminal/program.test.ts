import { type ErrorKind, PlumblineError } from "@plumbline/core";
import { expect, describe as suite, test } from "vitest";
import { interruption } from "./exit-code.ts";
import { memoryIo } from "./memory-io.ts";
import { createProgram, wholeNumber } from "./program.ts";

/** A program with one command that does `work`. */
function programWith(work: () => Promise<number | undefined>, options: Parameters<typeof memoryIo>[0] = {}) {
  const io = memoryIo(options);
  const program = createProgram({ name: "tool", description: "a tool", version: "1.2.3", io });
  const command = program.command
    .command("measure")
    .argument("[path]")
    .option("--size <n>", "size", wholeNumber);
  program.action(command, work);
  program.command.command("train");
  return { io, run: (...argv: string[]) => program.run(argv) };
}

const fine = async (): Promise<undefined> => undefined;

suite("createProgram()", () => {
  test("prints help and version on stdout with exit code 0", async () => {
    const { io, run } = programWith(fine);
    expect(await run("--help")).toBe(0);
    expect(io.out()).toMatch(/Usage: tool .*measure/s);
    expect(io.err()).toBe("");
    const version = programWith(fine);
    expect(await version.run("--version")).toBe(0);
    expect(version.io.out()).toBe("1.2.3\n");
  });

  test("prints help for no arguments at all", async () => {
    const { io, run } = programWith(fine);
    expect(await run()).toBe(0);
    expect(io.out()).toContain("Usage: tool");
  });

  test("help of a command names the global flags", async () => {
    const { io, run } = programWith(fine);
    expect(await run("measure", "--help")).toBe(0);
    expect(io.out()).toMatch(/--size.*--json/s);
  });

  test("suggests the nearest command and flag, in three lines, with exit code 2", async () => {
    const command = programWith(fine);
    expect(await command.run("trian")).toBe(2);
    expect(command.io.err()).toBe(
      "error: unknown command 'trian'\nwhere: tool\nto do: Did you mean train? Or run \"tool --help\" for what there is\n",
    );
    const flag = programWith(fine);
    expect(await flag.run("measure", "--sise", "3")).toBe(2);
    expect(flag.io.err()).toMatch(/unknown option '--sise'\n.*\n.*Did you mean --size\?/);
    expect(flag.io.err().trim().split("\n")).toHaveLength(3);
  });

  test("refuses a flag's value that is no whole number", async () => {
    const { io, run } = programWith(fine);
    expect(await run("measure", "--size", "1.5")).toBe(2);
    expect(io.err()).toContain("Expected a whole number");
  });

  test.each<[ErrorKind, number]>([
    ["bug", 1],
    ["usage", 2],
    ["input", 3],
    ["environment", 4],
    ["diverged", 5],
    ["verification", 6],
    ["interrupted", 130],
  ])("an error of kind %s exits with %i", async (kind, exitCode) => {
    const { run } = programWith(async () => {
      throw new PlumblineError({ code: "some-code", kind, message: "[x] y(): z" });
    });
    expect(await run("measure")).toBe(exitCode);
  });

  test("SIGTERM exits with 143, also where a library wrapped the reason", async () => {
    const { run } = programWith(async () => {
      throw new PlumblineError({
        code: "aborted",
        kind: "interrupted",
        message: "[x] stopped",
        cause: interruption("SIGTERM"),
      });
    });
    expect(await run("measure")).toBe(143);
  });

  test("an error is three lines: what, where, what to do", async () => {
    const { io, run } = programWith(async () => {
      throw new PlumblineError({
        code: "bad-shard",
        kind: "input",
        message: "[store] read(): expected 3 rows, got 2",
        where: "shard-00001.safetensors, offset 12",
        hint: "extract again",
      });
    });
    await run("measure");
    expect(io.err()).toBe(
      "error: [store] read(): expected 3 rows, got 2\nwhere: shard-00001.safetensors, offset 12\nto do: extract again\n",
    );
  });

  test("a bug says so, names the command, and shows its stack only with -v", async () => {
    const broken = async (): Promise<undefined> => {
      throw new TypeError("x is not a function");
    };
    const quiet = programWith(broken);
    expect(await quiet.run("measure")).toBe(1);
    expect(quiet.io.err()).toBe(
      "error: unexpected failure: x is not a function\nwhere: tool measure\nto do: this is a bug; run again with -v and report what it prints\n",
    );
    const verbose = programWith(broken);
    await verbose.run("measure", "-v");
    expect(verbose.io.err()).toContain("TypeError: x is not a function\n    at ");
  });

  test("with --json the last line of stdout is the error", async () => {
    const { io, run } = programWith(async () => {
      throw new PlumblineError({
        code: "disk-full",
        kind: "environment",
        message: "[x] full",
        where: "here",
      });
    });
    expect(await run("measure", "--json")).toBe(4);
    expect(io.lines().at(-1)).toMatchObject({
      type: "error",
      v: 1,
      code: "disk-full",
      exitCode: 4,
      where: "here",
    });
    const usage = programWith(fine);
    await usage.run("trian", "--json");
    expect(usage.io.lines()).toEqual([
      expect.objectContaining({ type: "error", code: "unknown-command", exitCode: 2 }),
    ]);
  });

  test("recognises what the operating system refuses", async () => {
    const { io, run } = programWith(async () => {
      throw Object.assign(new Error("ENOSPC: no space left"), { code: "ENOSPC", path: "/somewhere" });
    });
    expect(await run("measure")).toBe(4);
    expect(io.err()).toMatch(/the disk is full.*\nwhere: \/somewhere\n/);
  });

  test("writes no escape bytes when piped, and none with NO_COLOR on a terminal", async () => {
    const failing = async (): Promise<undefined> => {
      throw new Error("no");
    };
    for (const options of [{}, { isTTY: true, env: { NO_COLOR: "1" } }]) {
      const { io, run } = programWith(failing, options);
      await run("measure");
      await run("--help");
      expect(io.out() + io.err()).not.toContain("\u001b");
    }
    const colored = programWith(failing, { env: { FORCE_COLOR: "1" } });
    await colored.run("measure");
    expect(colored.io.err()).toContain("\u001b[31merror:");
  });
});
