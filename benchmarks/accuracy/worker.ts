// worker.ts <folder> <engine>: takes the step of each case on one of our engines, in a process of its own since tfjs can have one
// TensorFlow a process. Prints its answer, and leaves gradients in the folder of its name.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parameterNames, type ReferenceCase } from "../../tests/equality/case.ts";
import { gradientOf } from "../../tests/equality/compare/gradients.ts";
import { openEngine } from "../../tests/equality/engines.ts";
import { type EngineName, engines } from "../engine/engines.ts";
import { openBackend } from "../engine/ours/open-backend.ts";
import { accuracyCase, type CaseSettings } from "./case.ts";
import { type Answer, settingsFile, writeArrays } from "./files.ts";
import type { StepGradients } from "./reference.ts";

// What libraries print is not the answer.
console.log = console.error;
console.info = console.error;

type Opened = NonNullable<Awaited<ReturnType<typeof openBackend>>["backend"]>;

async function stepOn(backend: Opened, one: ReferenceCase): Promise<StepGradients> {
  const engine = await openEngine(backend, one);
  const stats = await engine.step(one.batch, one.controls);
  const after = await engine.exportState();
  engine.dispose();
  const gradients = parameterNames(after).map((name) => [name, gradientOf(after, name, one)] as const);
  return { loss: stats?.loss ?? Number.NaN, gradients: Object.fromEntries(gradients) };
}

async function answer(folder: string, name: EngineName): Promise<Answer> {
  const threads = Number(process.env.PLUMBLINE_THREADS ?? 1);
  const opened = await openBackend({ engine: engines[name], threads });
  if (opened.backend === undefined) return { skip: opened.skip };
  const { backend, device } = opened;
  const losses: Record<string, number> = {};
  const all = JSON.parse(readFileSync(join(folder, settingsFile), "utf8")) as readonly CaseSettings[];
  for (const settings of all) {
    const one = accuracyCase(settings);
    if (backend.unsupported(one.architecture) !== undefined) continue;
    const { loss, gradients } = await stepOn(backend, one);
    writeArrays(join(folder, name), settings, gradients);
    losses[settings.name] = loss;
  }
  return { device, losses };
}

const [folder = "", name = ""] = process.argv.slice(2);
process.stdout.write(`${JSON.stringify(await answer(folder, name as EngineName))}\n`);
process.exit(0); // whatever a device still holds
