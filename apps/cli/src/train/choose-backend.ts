import { type Architecture, type Backend, type BackendProbe, PlumblineError } from "@plumbline/core";
import type { Tensor } from "@tensorflow/tfjs-core";
import type { Registries } from "../registries.ts";

/** A backend that works here, and why it was taken. */
export interface BackendChoice {
  readonly backend: Backend<Tensor>;
  readonly probe: Extract<BackendProbe, { available: true }>;
  readonly why: string;
}

interface Candidate {
  readonly backend: Backend<Tensor>;
  readonly probe?: Extract<BackendProbe, { available: true }>;
  /** why it cannot be used */
  readonly problem?: string;
  readonly nextStep?: string;
}

async function examine(backend: Backend<Tensor>, architecture?: Architecture<Tensor>): Promise<Candidate> {
  const probe = await backend.probe();
  if (!probe.available) return { backend, problem: probe.reason, nextStep: probe.nextStep };
  const problem = architecture === undefined ? undefined : backend.unsupported(architecture);
  if (problem === undefined) return { backend, probe };
  return { backend, problem, nextStep: "choose another backend" };
}

function unavailable(candidates: readonly Candidate[], message: string): PlumblineError {
  return new PlumblineError({
    code: "backend-unavailable",
    kind: "environment",
    message: `[cli] ${message}`,
    where: candidates.map(({ backend, problem }) => `${backend.name}: ${problem}`).join("; "),
    hint: `${candidates[0]?.nextStep ?? "install a backend"}; "plumbline doctor" says more`,
  });
}

async function chooseFastest(
  registries: Registries,
  architecture?: Architecture<Tensor>,
): Promise<BackendChoice> {
  const candidates: Candidate[] = [];
  for (const backend of registries.backends.values) candidates.push(await examine(backend, architecture));
  let best: (Candidate & { probe: NonNullable<Candidate["probe"]> }) | undefined;
  for (const candidate of candidates) {
    const { probe } = candidate;
    if (probe !== undefined && (best === undefined || probe.speed > best.probe.speed))
      best = { ...candidate, probe };
  }
  if (best === undefined) throw unavailable(candidates, "no backend works here");
  const others = candidates
    .filter(({ backend }) => backend !== best.backend)
    .map(({ backend, probe, problem }) => `${backend.name}: ${problem ?? `speed ${probe?.speed}`}`);
  const why = `auto: fastest that works here (speed ${best.probe.speed}${others.length === 0 ? "" : `; ${others.join(", ")}`})`;
  return { backend: best.backend, probe: best.probe, why };
}

/**
 * The backend to run on.
 *
 * @param name one of the registry, or `auto` for the fastest that probes well and supports the architecture
 * @param architecture absent where only a trained SAE is to be used
 * @throws PlumblineError `unknown-backend`, `backend-unavailable`
 */
export async function chooseBackend(
  name: string,
  registries: Registries,
  architecture?: Architecture<Tensor>,
): Promise<BackendChoice> {
  if (name === "auto") return chooseFastest(registries, architecture);
  const candidate = await examine(registries.backends.get(name), architecture);
  if (candidate.probe === undefined) throw unavailable([candidate], `backend "${name}" cannot be used`);
  return { backend: candidate.backend, probe: candidate.probe, why: "asked for" };
}
