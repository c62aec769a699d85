import { type Architecture, nearest, PlumblineError, type StepControls } from "@plumbline/core";

function refuse(code: string, message: string, hint: string): PlumblineError {
  return new PlumblineError({ code, kind: "usage", message: `[engine-tfjs] step(): ${message}`, hint });
}

/** Refuses scalars that the architecture does not know, and missing ones. */
export function checkControls<T>(architecture: Architecture<T>, controls: StepControls): void {
  const { name, controls: wanted } = architecture;
  for (const given of Object.keys(controls.scalars)) {
    if (!wanted.includes(given)) {
      const near = nearest(given, wanted);
      const known = wanted.length === 0 ? "it takes none" : `it takes ${wanted.join(", ")}`;
      const hint = near === undefined ? known : `did you mean "${near}"? ${known}`;
      throw refuse("unknown-control", `architecture "${name}" has no control "${given}"`, hint);
    }
  }
  for (const needed of wanted) {
    if (controls.scalars[needed] === undefined) {
      const hint = `add it to the schedules, as "${needed}": 0.1`;
      throw refuse("missing-control", `architecture "${name}" needs the control "${needed}"`, hint);
    }
  }
}
