import type { Choice, Found } from "./backends.ts";
import type { Progress } from "./experiment.ts";
import { lineChart, shown } from "./line-chart.ts";
import { foundAbove, recoveryChart } from "./recovery-chart.ts";
import { dSae, nDirections } from "./task.ts";

/** An element of the page, which index.html promises. */
export function element<E extends HTMLElement>(id: string): E {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no #${id}`);
  return found as E;
}

/** Puts a backend into the list, to be chosen when it has answered. */
export function addChoice(choice: Choice): void {
  const label = document.createElement("label");
  label.className = "backend";
  label.id = `backend-${choice.name}`;
  const input = document.createElement("input");
  Object.assign(input, { type: "radio", name: "backend", value: choice.name, disabled: true });
  const [name, about] = [document.createElement("span"), document.createElement("small")];
  name.textContent = choice.name;
  about.textContent = "asking …";
  label.append(input, name, about);
  element("backends").append(label);
}

/** Shows what a backend has answered. */
export function showFound({ choice, probe }: Found): void {
  const label = element(`backend-${choice.name}`);
  const input = label.querySelector("input");
  const about = label.querySelector("small");
  if (input === null || about === null) return;
  input.disabled = !probe.available;
  about.textContent = probe.available ? probe.device : `not here: ${probe.reason}. To do: ${probe.nextStep}`;
}

/** Redraws everything that a run shows. */
export function showRun(history: readonly Progress[], nSteps: number): void {
  const points = (of: (at: Progress) => number) => history.map((at) => ({ step: at.step, value: of(at) }));
  const last = history.at(-1);
  const losses = points((at) => at.loss);
  const highest = Math.max(...losses.map(({ value }) => value).filter(Number.isFinite), 0);
  const put = (id: string, svg: string): void => {
    element(id).innerHTML = svg;
  };
  const variances = points((at) => at.explainedVariance);
  const deaths = points((at) => at.deadLatents);
  put("variance", lineChart({ name: "Explained variance", points: variances, nSteps, top: 1 }));
  put("loss", lineChart({ name: "Loss", points: losses, nSteps, top: highest || 1 }));
  put("dead", lineChart({ name: "Dead latents", points: deaths, nSteps, top: dSae }));
  const cosines = history.findLast((at) => at.cosines !== undefined)?.cosines ?? [];
  put("recovery", recoveryChart(cosines, nDirections));
  const nFound = cosines.filter((cosine) => cosine > foundAbove).length;
  element("variance-now").textContent = last === undefined ? "" : last.explainedVariance.toFixed(3);
  element("loss-now").textContent = last === undefined ? "" : last.loss.toFixed(3);
  element("dead-now").textContent = last === undefined ? "" : `${shown(last.deadLatents)} of ${dSae}`;
  element("found-now").textContent = cosines.length === 0 ? "" : `${nFound} of ${nDirections}`;
}

/** The table of numbers, a row for each time that directions were compared. */
export function showNumbers(history: readonly Progress[]): void {
  const rows = history.flatMap(({ cosines, step, loss, explainedVariance, deadLatents }) => {
    if (cosines === undefined) return [];
    const nFound = cosines.filter((cosine) => cosine > foundAbove).length;
    return [[`${step}`, loss.toFixed(4), explainedVariance.toFixed(4), shown(deadLatents), `${nFound}`]];
  });
  element("numbers").innerHTML = rows
    .map((cells) => `<tr>${cells.map((cell) => `<td>${cell}</td>`).join("")}</tr>`)
    .join("");
}
