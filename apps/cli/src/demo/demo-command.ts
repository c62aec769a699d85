import { PlumblineError } from "@plumbline/core";
import type { Io } from "@plumbline/extract/terminal";

/** What `@plumbline/demo` exports; it is installed apart, for it brings a model and texts. */
interface DemoModule {
  runDemo(options: {
    /** command that runs this program */
    readonly plumbline: readonly string[];
    readonly argv: readonly string[];
    readonly stdout: Io["stdout"];
    readonly stderr: Io["stderr"];
    readonly signal?: AbortSignal;
  }): Promise<number>;
}

const demoPackage = "@plumbline/demo";

async function loadDemo(name: string): Promise<DemoModule> {
  try {
    return (await import(name)) as DemoModule;
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).code === "ERR_MODULE_NOT_FOUND";
    throw new PlumblineError({
      code: missing ? "demo-not-installed" : "demo-broken",
      kind: "environment",
      message: missing
        ? "[cli] the demonstration is a package of its own, and it is not installed"
        : `[cli] the demonstration does not load: ${cause instanceof Error ? cause.message : String(cause)}`,
      where: name,
      hint: `npm install ${name}`,
      cause,
    });
  }
}

/**
 * `plumbline demo`: hands over to the demonstration, which calls this program back.
 *
 * @param argv arguments for the demonstration
 * @param options.plumbline command that starts this program
 * @param options.packageName of the demonstration; another one in tests
 */
export async function demo(
  argv: readonly string[],
  options: { io: Io; plumbline: readonly string[]; packageName?: string },
): Promise<number> {
  const { io, plumbline, packageName = demoPackage } = options;
  const { runDemo } = await loadDemo(packageName);
  return runDemo({
    plumbline,
    argv,
    stdout: io.stdout,
    stderr: io.stderr,
    ...(io.signal === undefined ? {} : { signal: io.signal }),
  });
}
