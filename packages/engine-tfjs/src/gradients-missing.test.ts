import { createRandom, PlumblineError } from "@plumbline/core";
import { expect, test } from "vitest";
import { createGenericEngine } from "./generic-engine.ts";
import { sample, shape, smallRelu } from "./small-relu.test-support.ts";

// Nothing in this file loads @tensorflow/tfjs, the union that registers gradients.
test("createGenericEngine() says what to import where tfjs has no gradients", async () => {
  const options = { ...shape, random: createRandom(1), sample, backendName: "cpu" };
  const error: unknown = await createGenericEngine({ architecture: smallRelu(), ...options }).catch(
    (thrown: unknown) => thrown,
  );
  expect(PlumblineError.isInstance(error) && error.code).toBe("gradients-missing");
  expect(String(error)).toContain('import "@tensorflow/tfjs"');
});
