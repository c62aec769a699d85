import { type EngineName, engineNames, fusedEngines, genericEngines } from "./engines.ts";
import type { OurSettings } from "./ours/settings.ts";
import type { Work } from "./protocol.ts";

/** One of our engines with an architecture. */
export interface OurEntry {
  readonly engine: EngineName;
  readonly aligned: boolean;
}

/** Participants that take turns, and what each does in its turn. */
export interface Case {
  readonly name: string;
  readonly architecture: OurSettings["architecture"];
  readonly ours: readonly OurEntry[];
  /** variants of PyTorch's worker */
  readonly torch: readonly string[];
  /** the variant that floors are held against: the same computation as ours */
  readonly reference: string;
  /** works by the name of their table */
  readonly works: Readonly<Record<string, Work>>;
  /** biases or thresholds start where about k latents fire, instead of at 0 */
  readonly startsSparse: boolean;
  /** training steps before the first round */
  readonly stepsBefore?: number;
}

const clipOff: Work = { op: "step", clip: false };
const clipOn: Work = { op: "step", clip: true };
const both = { "clip off": clipOff, "clip on": clipOn };

const free = (engine: EngineName): OurEntry => ({ engine, aligned: false });
const aligned = (engine: EngineName): OurEntry => ({ engine, aligned: true });

/** What is measured at every workload, in the order of the tables. */
export const cases: readonly Case[] = [
  {
    name: "topk",
    architecture: "topk",
    ours: engineNames.map(free),
    torch: ["topk-dense", "topk-dense-5"],
    reference: "topk-dense",
    works: both,
    startsSparse: false,
  },
  {
    name: "libraries",
    architecture: "topk",
    ours: fusedEngines.map(free),
    torch: ["dictionary-learning", "sae-lens", "sae-lens-sparse"],
    reference: "sae-lens",
    works: { "clip on": clipOn },
    startsSparse: false,
  },
  {
    name: "topk-aligned",
    architecture: "topk",
    ours: [...fusedEngines.map(free), ...[...fusedEngines, ...genericEngines].map(aligned)],
    torch: ["topk-aligned"],
    reference: "topk-aligned",
    works: both,
    startsSparse: false,
  },
  {
    name: "batch-topk",
    architecture: "batch-topk",
    ours: [...fusedEngines, ...genericEngines].map(free),
    torch: ["batch-topk"],
    reference: "batch-topk",
    works: both,
    startsSparse: false,
  },
  ...["relu-l1", "relu-l1-sparse"].map(
    (name): Case => ({
      name,
      architecture: "relu-l1",
      ours: [...fusedEngines, ...genericEngines].map(free),
      torch: ["relu-l1"],
      reference: "relu-l1",
      works: both,
      startsSparse: name === "relu-l1-sparse",
    }),
  ),
  {
    name: "jumprelu",
    architecture: "jumprelu",
    ours: [...fusedEngines, ...genericEngines].map(free),
    torch: ["jumprelu"],
    reference: "jumprelu",
    works: both,
    startsSparse: true,
  },
  {
    name: "encode",
    architecture: "topk",
    ours: [...fusedEngines, ...genericEngines].map(free),
    torch: ["topk-dense"],
    reference: "topk-dense",
    works: { encode: { op: "encode" } },
    startsSparse: false,
    stepsBefore: 3,
  },
];

/** A case of the scaling table, at one width. */
export const scalingCase: Case = {
  name: "scaling",
  architecture: "topk",
  ours: fusedEngines.map(free),
  torch: ["topk-dense"],
  reference: "topk-dense",
  works: { "clip off": clipOff },
  startsSparse: false,
};
