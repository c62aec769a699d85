/** A rule that a case breaks. */
export interface Violation {
  readonly index: number;
  readonly label: string;
  readonly what: string;
}

interface Largest {
  readonly value: number;
  readonly index: number;
}

interface FamilyCount {
  drawn: number;
  compared: number;
  nearTies: number;
}

interface LevelCount {
  steps: number;
  unproven: number;
  redone: number;
  rescored: number;
  tokens: number;
}

/** Everything that a run finds, summed up. */
export class Findings {
  readonly violations: Violation[] = [];
  readonly families: Map<string, FamilyCount> = new Map();
  readonly skipped: Map<string, number> = new Map();
  readonly largest: Map<string, Largest> = new Map();
  readonly levels: Map<string, LevelCount> = new Map();
  readonly counts: Map<string, number> = new Map();

  family(label: string): FamilyCount {
    const known = this.families.get(label) ?? { drawn: 0, compared: 0, nearTies: 0 };
    this.families.set(label, known);
    return known;
  }

  skip(reason: string): void {
    this.skipped.set(reason, (this.skipped.get(reason) ?? 0) + 1);
  }

  count(what: string, by = 1): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + by);
  }

  /** Keeps the largest of a quantity, and the case that it was met in. */
  meet(quantity: string, value: number, index: number): void {
    const known = this.largest.get(quantity);
    if (known === undefined || value > known.value) this.largest.set(quantity, { value, index });
  }

  level(name: string, tokens: number, statistics: Readonly<Record<string, number>>): void {
    const known = this.levels.get(name) ?? { steps: 0, unproven: 0, redone: 0, rescored: 0, tokens: 0 };
    known.steps += 1;
    known.tokens += tokens;
    known.unproven += statistics.unprovenRows ?? 0;
    known.redone += statistics.redoneRows ?? 0;
    known.rescored += (statistics.rescoredLatents ?? 0) * tokens;
    this.levels.set(name, known);
  }
}

/** Findings of one case: what is wrong is said with the case's number. */
export interface CaseFindings {
  readonly index: number;
  readonly label: string;
  readonly all: Findings;
}

export function violate(one: CaseFindings, what: string): void {
  one.all.violations.push({ index: one.index, label: one.label, what });
}
