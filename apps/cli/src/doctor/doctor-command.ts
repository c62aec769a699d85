import { mkdtemp, rm } from "node:fs/promises";
import { freemem, totalmem } from "node:os";
import { join } from "node:path";
import { getHeapStatistics } from "node:v8";
import type { Backend } from "@plumbline/core";
import { loadPlugins } from "@plumbline/extract";
import { type ActionContext, exitCodes, shownBytes } from "@plumbline/extract/terminal";
import type { Tensor } from "@tensorflow/tfjs-core";
import { createRegistries } from "../registries.ts";
import type { Check } from "./check.ts";
import { checkOnnxRuntime } from "./onnx-runtime.ts";
import { checkBackend } from "./self-test.ts";
import { checkTfjsCopies } from "./tfjs-copies.ts";

/** Flags of `plumbline doctor`. */
export interface DoctorFlags {
  readonly plugin?: readonly string[];
}

const oldestNode = [20, 19] as const;

/** @param version as `20.19.0` */
export function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const ok = major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1]);
  const name = "Node";
  return ok
    ? { name, ok, found: version }
    : { name, ok, found: version, nextStep: `install Node ${oldestNode.join(".")} or later` };
}

function checkMemory(): Check {
  const heap = getHeapStatistics().heap_size_limit;
  const found = `${shownBytes(freemem())} free of ${shownBytes(totalmem())}; JavaScript heap up to ${shownBytes(heap)}`;
  // Below this a dictionary of a few thousand latents with its optimizer does not fit.
  const ok = freemem() > 2 ** 28;
  return { name: "memory", ok, found, ...(ok ? {} : { nextStep: "close other programs, or train small" }) };
}

async function checkWriting(cwd: string): Promise<Check> {
  const name = "writing";
  try {
    const folder = await mkdtemp(join(cwd, ".plumbline-doctor-"));
    await rm(folder, { recursive: true });
    return { name, ok: true, found: "this folder takes files" };
  } catch (error) {
    const found = `this folder refuses files (${(error as NodeJS.ErrnoException).code})`;
    return { name, ok: false, found, nextStep: "work in another folder, or give --out elsewhere" };
  }
}

/** `plumbline doctor`: says what works here; exit code 4 where nothing can train. */
export async function doctor(context: ActionContext<DoctorFlags>): Promise<number> {
  const { backends } = createRegistries(await loadPlugins(context.flags.plugin ?? [], context.io.cwd));
  return examine(context, backends.values);
}

/** Looks at this machine and at the given backends. */
export async function examine(
  { io, output }: Pick<ActionContext<DoctorFlags>, "io" | "output">,
  backends: readonly Backend<Tensor>[],
): Promise<number> {
  const { green, red, bold } = output.colors;
  const show = (check: Check): void => {
    const mark = check.ok ? green("ok     ") : red("problem");
    output.data(`${mark} ${bold(check.name)}: ${check.found}`);
    if (check.nextStep !== undefined) output.data(`        to do: ${check.nextStep}`);
  };
  const checks: Check[] = [];
  const add = (check: Check): boolean => {
    checks.push(check);
    show(check);
    return check.ok;
  };
  const nodeOk = add(checkNode(process.versions.node));
  add(await checkTfjsCopies(io.cwd));
  add(checkMemory());
  add(await checkWriting(io.cwd));
  add(await checkOnnxRuntime());
  let usable = false;
  for (const backend of backends) {
    usable = add(await checkBackend(backend, io)) || usable;
  }
  const able = nodeOk && usable;
  output.data(able ? "ready to train" : "nothing here can train; see above");
  output.event({ type: "doctor-end", v: 1, usable: able, checks: checks.map((check) => ({ ...check })) });
  return able ? 0 : exitCodes.environment;
}
