import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** A worker: a program that answers each line of JSON with one. It sleeps between requests. */
export interface JsonProcess {
  /** @throws Error with the worker's own words, where it answers with an error or ends */
  request<Answer extends object>(message: object): Promise<Answer>;
  /** asks it to end, and ends it where it does not */
  stop(): Promise<void>;
}

/** How long a worker may take to end by itself. */
const patienceMs = 3000;

/** The last line of standard error that has something on it. */
function lastWords(text: string): string {
  return text.trimEnd().split("\n").at(-1)?.trim() ?? "";
}

/** Starts a worker. */
export function startJsonProcess(
  program: string,
  args: readonly string[],
  environment: NodeJS.ProcessEnv,
): JsonProcess {
  const child = spawn(program, args, { env: environment, stdio: ["pipe", "pipe", "pipe"] });
  let words = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    words = (words + text).slice(-4000);
  });
  child.stdin.on("error", () => undefined); // its end is reported by the answer that does not come
  const ended = once(child, "close").catch((error: unknown) => {
    words += `\n${error instanceof Error ? error.message : String(error)}`;
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const request = async <Answer extends object>(message: object): Promise<Answer> => {
    child.stdin.write(`${JSON.stringify(message)}\n`);
    const line = await lines.next();
    if (line.done) {
      await ended;
      const how = child.signalCode ?? `status ${child.exitCode}`;
      throw new Error(`the worker ended (${how}): ${lastWords(words)}`);
    }
    const answer = JSON.parse(line.value) as Answer & { readonly error?: string };
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  };
  const stop = async (): Promise<void> => {
    const timer = setTimeout(() => child.kill("SIGKILL"), patienceMs);
    await request({ op: "quit" }).catch(() => undefined);
    await ended;
    clearTimeout(timer);
  };
  return { request, stop };
}
