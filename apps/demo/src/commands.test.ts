import { expect, describe as suite, test } from "vitest";
import { CommandFailure, runCommand } from "./commands.ts";

/** Runs a script in place of the command line. */
const contextOf = (script: string, signal?: AbortSignal) => {
  const said: string[] = [];
  const stderr = { write: (text: string) => said.push(text) };
  return { plumbline: [process.execPath, "-e", script, "--"], stderr, said, signal };
};

suite("runCommand()", () => {
  test("shows the command as one types it, gives its output back and its talk behind a label", async () => {
    const context = contextOf("console.log(process.argv.slice(1).join('+')); process.stderr.write('a\\nb')");
    expect(await runCommand(["train", "my run/free.json"], "free", context)).toBe("train+my run/free.json\n");
    expect(context.said.join("")).toBe("$ plumbline train 'my run/free.json'\nfree | a\nfree | b\n");
  });

  test("fails with the command's exit code", async () => {
    const failure = await runCommand(["eval"], "x", contextOf("process.exit(3)")).catch((error) => error);
    expect(failure).toBeInstanceOf(CommandFailure);
    expect(failure).toMatchObject({ exitCode: 3, message: "plumbline eval ended with code 3" });
  });

  test("stops the command when told to, with code 130", async () => {
    const stopper = new AbortController();
    const context = contextOf("console.error('up'); setInterval(() => {}, 1000)", stopper.signal);
    const write = context.stderr.write;
    context.stderr.write = (text) => {
      if (text.includes("up")) stopper.abort();
      return write(text);
    };
    await expect(runCommand([], "x", context)).rejects.toMatchObject({ exitCode: 130 });
    await expect(runCommand([], "x", context)).rejects.toMatchObject({ exitCode: 130 });
  });

  test("says so when the program is not there", async () => {
    const context = { ...contextOf(""), plumbline: ["/no/such/program"] };
    await expect(runCommand([], "x", context)).rejects.toMatchObject({ code: "cannot-start" });
  });
});
