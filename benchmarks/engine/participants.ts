import type { Case, OurEntry } from "./cases.ts";
import { type EngineName, engines } from "./engines.ts";
import type { EngineChoice, OurSettings } from "./ours/settings.ts";
import { type JsonProcess, startJsonProcess } from "./processes/json-process.ts";
import { ourEnvironment, ourWorker } from "./processes/our-process.ts";
import { type TorchPython, torchEnvironment, torchWorker } from "./processes/torch-python.ts";
import type { CommonSettings, Memory, Sizes, Stats, Times, Work } from "./protocol.ts";
import { sizesText } from "./workloads.ts";

/** Who takes part, as results name it. */
export interface Identity {
  /** as tables have it */
  readonly name: string;
  /** of ours */
  readonly engine?: EngineName;
  readonly aligned?: boolean;
  /** what its backend says that it runs on */
  readonly device?: string;
  /** of PyTorch's: its worker's variant, and how many large matrix products a step of that has */
  readonly variant?: string;
  readonly gemms?: number;
}

/** An engine in a process of its own, ready to take steps. */
export interface Participant {
  readonly identity: Identity;
  /** does one step or encoding; `loss` where the worker tells it with the times */
  work(work: Work): Promise<Times & { readonly loss?: number }>;
  memory(): Promise<Memory>;
  /** of ours only; takes one more step, outside of the clock */
  stats?(): Promise<Stats>;
  stop(): Promise<void>;
}

/** What every participant of a case gets. */
export interface Setting extends CommonSettings {
  readonly instructionSet?: string;
}

/** A participant, or why there is none. */
type Opened = Participant | { readonly skip: string };

function around(process: JsonProcess, identity: Identity): Participant {
  return {
    identity,
    work: (work) => process.request(work),
    memory: () => process.request({ op: "memory" }),
    stop: () => process.stop(),
  };
}

/** Starts a process and sends its `init`; a process that refuses is ended. */
async function opened<Answer extends object>(
  process: JsonProcess,
  options: { name: string; init: object; identify: (answer: Answer) => Opened },
): Promise<Opened> {
  const { name, init, identify } = options;
  const reason = (text: string): Opened => ({ skip: `${name}: ${text.replace(/^Unavailable: /, "")}` });
  try {
    const answer = await process.request<Answer & { readonly skip?: string }>({ op: "init", ...init });
    if (answer.skip === undefined) return identify(answer);
    await process.stop();
    return reason(answer.skip);
  } catch (error) {
    await process.stop();
    return reason(error instanceof Error ? error.message : String(error));
  }
}

/** Why nobody waits for this engine at these sizes, or nothing. */
function tooLarge(
  { mostProducts = Number.POSITIVE_INFINITY }: EngineChoice,
  sizes: Sizes,
): string | undefined {
  const { batchSize, dIn, dSae } = sizes;
  if (batchSize * dIn * dSae <= mostProducts) return undefined;
  return `too slow to wait for at ${sizesText(sizes)}; --only small has it`;
}

async function openOurs(
  entry: OurEntry,
  architecture: OurSettings["architecture"],
  setting: Setting,
): Promise<Opened> {
  const { instructionSet, ...common } = setting;
  const choice: EngineChoice = engines[entry.engine];
  const skip = tooLarge(choice, setting);
  if (skip !== undefined) return { skip: `${entry.engine}: ${skip}` };
  const forced = choice.backend === "native" && choice.runtime !== "wasm" && instructionSet !== undefined;
  const process = startJsonProcess(...ourWorker, ourEnvironment(setting.threads));
  const init: OurSettings = {
    ...common,
    engine: forced ? { ...choice, instructionSet } : choice,
    architecture,
    aligned: entry.aligned,
  };
  const identity = { ...entry, name: `${entry.engine}${entry.aligned ? " aligned" : ""}` };
  const identify = ({ device }: { device: string }): Participant => ({
    ...around(process, { ...identity, device }),
    stats: () => process.request({ op: "stats" }),
  });
  return opened(process, { name: entry.engine, init, identify });
}

async function openTorch(python: TorchPython, variant: string, setting: Setting): Promise<Opened> {
  const { instructionSet: _, ...common } = setting;
  const process = startJsonProcess(...torchWorker(python), torchEnvironment());
  return opened<{ gemms: number }>(process, {
    name: `${python.label} ${variant}`,
    init: { ...common, variant, clip: false },
    identify: ({ gemms }) => around(process, { name: `${python.label} ${variant}`, variant, gemms }),
  });
}

/** Starts all of a case's participants at once. */
export async function openParticipants(
  one: Case,
  options: { setting: Setting; pythons: readonly TorchPython[]; engines: readonly EngineName[] },
): Promise<{ participants: readonly Participant[]; skipped: readonly string[] }> {
  const { setting, pythons, engines: chosen } = options;
  const all = await Promise.all([
    ...one.ours
      .filter(({ engine }) => chosen.includes(engine))
      .map((entry) => openOurs(entry, one.architecture, setting)),
    ...pythons.flatMap((python) => one.torch.map((variant) => openTorch(python, variant, setting))),
  ]);
  const participants: Participant[] = [];
  const skipped = new Set<string>();
  for (const each of all) {
    if ("skip" in each) skipped.add(each.skip);
    else participants.push(each);
  }
  return { participants, skipped: [...skipped] };
}
