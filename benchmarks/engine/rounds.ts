import { setTimeout as sleep } from "node:timers/promises";
import type { Identity, Participant } from "./participants.ts";
import type { Memory, Stats, Times, Work } from "./protocol.ts";

/** What one participant took. */
export interface Measured extends Identity {
  /** of each measured round, by the name of the work */
  readonly times: Readonly<Record<string, Times>>;
  readonly memory: Memory;
  /** at the end, of ours after one step more */
  readonly loss?: number;
  readonly statistics?: Stats["statistics"];
}

export interface RoundsOptions {
  readonly works: Readonly<Record<string, Work>>;
  /** measured rounds; one more comes before them and is not counted */
  readonly rounds: number;
  /** training steps before the first round */
  readonly stepsBefore?: number;
  /** a participant that has taken this long in measured rounds has had its turns */
  readonly budgetMs?: number;
  /** rest before each turn, for threads of the one before that still spin */
  readonly restMs?: number;
}

/** Running notes on one participant. */
interface Notes {
  readonly participant: Participant;
  readonly times: Record<string, { wallMs: number[]; cpuMs: number[] }>;
  loss?: number;
  spentMs: number;
  failure?: string;
}

async function turn(notes: Notes, works: RoundsOptions["works"], isWarmUp: boolean): Promise<void> {
  for (const [name, work] of Object.entries(works)) {
    const { wallMs, cpuMs, loss } = await notes.participant.work(work);
    if (loss !== undefined) notes.loss = loss;
    if (isWarmUp) continue;
    notes.times[name] ??= { wallMs: [], cpuMs: [] };
    notes.times[name].wallMs.push(...wallMs);
    notes.times[name].cpuMs.push(...cpuMs);
    notes.spentMs += wallMs.reduce((a, b) => a + b, 0);
  }
}

/** A failing participant drops out with its reason; the others go on. */
async function guarded(notes: Notes, work: () => Promise<void>): Promise<void> {
  if (notes.failure !== undefined) return;
  try {
    await work();
  } catch (error) {
    notes.failure = error instanceof Error ? error.message : String(error);
  }
}

async function finish(notes: Notes): Promise<Measured | { readonly failure: string }> {
  const { participant, times } = notes;
  let measured: Measured | undefined;
  await guarded(notes, async () => {
    const memory = await participant.memory();
    const stats = await participant.stats?.();
    const loss = stats?.loss ?? notes.loss;
    measured = {
      ...participant.identity,
      times,
      memory,
      ...(loss === undefined ? {} : { loss }),
      ...(stats === undefined ? {} : { statistics: stats.statistics }),
    };
  });
  return measured ?? { failure: `${participant.identity.name}: ${notes.failure}` };
}

/**
 * Lets participants take turns on the same data: a round is one turn of each, and who begins changes from round to round.
 *
 * @returns what each took, in the order given, and the reasons of those that dropped out. Participants are stopped.
 */
export async function runRounds(
  participants: readonly Participant[],
  options: RoundsOptions,
): Promise<{ measured: readonly Measured[]; failures: readonly string[] }> {
  const { works, rounds, stepsBefore = 0, budgetMs = 60_000, restMs = 30 } = options;
  const all = participants.map((participant): Notes => ({ participant, times: {}, spentMs: 0 }));
  try {
    for (let round = 0; round <= rounds; round++) {
      const first = round % Math.max(1, all.length);
      for (const notes of [...all.slice(first), ...all.slice(0, first)]) {
        if (round > 1 && notes.spentMs >= budgetMs) continue;
        await sleep(restMs);
        await guarded(notes, async () => {
          const before: Work = { op: "step", clip: false };
          for (let i = 0; round === 0 && i < stepsBefore; i++) await notes.participant.work(before);
          await turn(notes, works, round === 0);
        });
      }
    }
    const measured: Measured[] = [];
    const failures: string[] = [];
    for (const notes of all) {
      const end = await finish(notes);
      if ("failure" in end) failures.push(end.failure);
      else measured.push(end);
    }
    return { measured, failures };
  } finally {
    await Promise.all(all.map(({ participant }) => participant.stop()));
  }
}
