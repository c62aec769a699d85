import { setBackend } from "@tensorflow/tfjs";
import { expect, describe as suite, test } from "vitest";
import { findParityBackends } from "./backends.ts";
import { parityCases } from "./cases.ts";
import { goldenNames } from "./golden.ts";
import {
  architectureFor,
  boundsOf,
  type Differences,
  measureFirstGradient,
  measureRun,
  type Quantity,
} from "./measure.ts";

function expectWithinBounds(name: string, differences: Differences): void {
  const bounds = boundsOf(name);
  for (const [quantity, difference] of Object.entries(differences)) {
    expect(difference, quantity).toBeLessThan(bounds[quantity as Quantity]);
  }
}

const backends = await findParityBackends();

suite("numbers of the reference libraries", () => {
  test("every fixture has a case, or a reason why not", () => {
    // An L2 penalty is no architecture here; the fixture serves checks of other forms.
    const left = goldenNames.filter((name) => parityCases[name] === undefined);
    expect(left).toEqual(["saelens-standard-l2-uncentred"]);
  });

  for (const name of Object.keys(parityCases)) {
    test(`${name}: gradients of the first step`, async () => {
      await setBackend("cpu");
      expectWithinBounds(name, measureFirstGradient(name));
    });
  }

  for (const { backend, probe } of backends) {
    if (!probe.available) {
      test(`losses, parameters and inference on ${backend.name}`, ({ skip }) => skip(probe.reason));
      continue;
    }
    for (const name of Object.keys(parityCases)) {
      test(`${name}: losses, parameters and inference on ${backend.name}`, async ({ skip }) => {
        const reason = backend.unsupported(architectureFor(name));
        if (reason !== undefined) skip(reason);
        expectWithinBounds(name, await measureRun(backend, name));
      });
    }
  }
});
