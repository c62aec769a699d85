import { choices, type Found, look } from "./backends.ts";
import type { Progress } from "./experiment.ts";
import { addChoice, element, showFound, showNumbers, showRun } from "./page.ts";

const form = element<HTMLFormElement>("settings");
const button = element<HTMLButtonElement>("train");
const status = element("status");
let running: AbortController | undefined;

/** The form's values, kept behind the # of the address, so that a link repeats a run. */
function readAddress(): void {
  for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
    const field = form.elements.namedItem(name);
    if (
      field instanceof RadioNodeList ||
      field instanceof HTMLInputElement ||
      field instanceof HTMLSelectElement
    ) {
      field.value = value;
    }
  }
}
function writeAddress(): void {
  const values = new URLSearchParams();
  new FormData(form).forEach((value, name) => {
    values.set(name, String(value));
  });
  history.replaceState(null, "", `#${values}`);
}

async function run(): Promise<void> {
  const data = new FormData(form);
  const name = String(data.get("backend"));
  const choice = choices.find((one) => one.name === name);
  if (choice === undefined) return;
  running = new AbortController();
  button.textContent = "Stop";
  const nSteps = Number(data.get("steps"));
  const history: Progress[] = [];
  const start = performance.now();
  showRun(history, nSteps);
  status.textContent = `Starting ${name} …`;
  status.dataset.state = "running";
  try {
    const { train } = await import("./experiment.ts");
    const settings = {
      backend: await choice.load(),
      isAligned: data.get("architecture") === "aligned",
      nSteps,
      seed: Number(data.get("seed")),
      signal: running.signal,
    };
    for await (const progress of train(settings)) {
      history.push(progress);
      showRun(history, nSteps);
    }
    const { step = 0 } = history.at(-1) ?? {};
    const seconds = (performance.now() - start) / 1000;
    const end = running.signal.aborted ? "Stopped" : "Done";
    status.textContent = `${end}: ${step} steps on ${name} in ${seconds.toFixed(1)} s, ${((1000 * seconds) / step).toFixed(1)} ms a step.`;
    status.dataset.state = "done";
  } catch (error) {
    status.textContent = `${name} stopped: ${error instanceof Error ? error.message : error}`;
    status.dataset.state = "failed";
  }
  showNumbers(history);
  running = undefined;
  button.textContent = "Train";
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (running === undefined) void run();
  else running.abort();
});
form.addEventListener("change", writeAddress);

function chooseFastest(found: readonly Found[]): void {
  const isChosen = form.querySelector("input[name=backend]:checked:enabled") !== null;
  const speed = ({ probe }: Found): number => (probe.available ? probe.speed : 0);
  const best = [...found].sort((a, b) => speed(b) - speed(a))[0];
  if (isChosen || best?.probe.available !== true) return;
  element(`backend-${best.choice.name}`).querySelector("input")?.setAttribute("checked", "");
}

for (const choice of choices) addChoice(choice);
showRun([], Number(new FormData(form).get("steps")));
readAddress();
button.disabled = true;
const found: Found[] = [];
for (const choice of choices) {
  const one = await look(choice);
  showFound(one);
  found.push(one);
}
readAddress();
chooseFastest(found);
const isAny = found.some(({ probe }) => probe.available);
button.disabled = !isAny;
status.textContent = isAny ? "Ready." : "No backend works in this browser; the reasons stand above.";
status.dataset.state = "ready";
if (new URLSearchParams(location.hash.slice(1)).has("run")) form.requestSubmit();
