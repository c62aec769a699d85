import { mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type FileSystem, nodeFileSystem } from "@plumbline/core/node";
import { expect, describe as suite, test } from "vitest";
import { exampleForm, exampleState, rules } from "../checkpoint.test-kit.ts";
import { encodeInferenceForm } from "../inference-file.ts";
import { encodeTrainingState } from "../training-file.ts";
import { loadInferenceForm, loadTrainingState } from "./load-checkpoint.ts";
import { saveCheckpoint } from "./save-checkpoint.ts";

async function inFolder<R>(work: (folder: string) => Promise<R>): Promise<R> {
  const folder = await mkdtemp(join(tmpdir(), "plumbline-checkpoint-"));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

const content = { form: exampleForm({ kind: "topk", k: 2 }), engine: exampleState(), trainer: { step: 100 } };
const notFinite = { ...content, form: { ...content.form, decoder: new Float32Array(12).fill(Number.NaN) } };
const code = (name: string) => expect.objectContaining({ code: name });

suite("saveCheckpoint()", () => {
  test("writes what the encoders give, in a folder whose parents it makes", async () => {
    await inFolder(async (folder) => {
      const path = join(folder, "runs", "a", "step-00000100");
      const { files } = await saveCheckpoint(path, content);
      expect(files).toEqual(["sae.json", "sae.safetensors", "trainer.json", "trainer.safetensors"]);
      expect(await readdir(path)).toEqual(files);
      const expected = { ...encodeInferenceForm(content.form), ...encodeTrainingState(content) };
      for (const [name, bytes] of Object.entries(expected)) {
        expect(Buffer.compare(await readFile(join(path, name)), Buffer.from(bytes as string))).toBe(0);
      }
    });
  });

  test.each(rules)("is loaded as it was: $kind", async (rule) => {
    await inFolder(async (folder) => {
      const path = join(folder, "a");
      await saveCheckpoint(path, { ...content, form: exampleForm(rule) });
      expect(await loadInferenceForm(path)).toEqual(exampleForm(rule));
      expect(await loadTrainingState(path)).toEqual({ engine: content.engine, trainer: content.trainer });
    });
  });

  test("saves an SAE without a training state", async () => {
    await inFolder(async (folder) => {
      const path = join(folder, "a");
      expect((await saveCheckpoint(path, { form: content.form })).files).toEqual([
        "sae.json",
        "sae.safetensors",
      ]);
      expect(await loadInferenceForm(path)).toEqual(content.form);
      await expect(loadTrainingState(path)).rejects.toThrow(code("no-training-state"));
    });
  });

  test("refuses weights that are not finite, or saves the training state alone if asked to", async () => {
    await inFolder(async (folder) => {
      const path = join(folder, "a");
      await expect(saveCheckpoint(path, notFinite)).rejects.toThrow(
        expect.objectContaining({ code: "not-finite", kind: "diverged" }),
      );
      expect(await readdir(folder)).toEqual([]);
      const { files } = await saveCheckpoint(path, notFinite, { whenNotFinite: "state-only" });
      expect(files).toEqual(["trainer.json", "trainer.safetensors"]);
      expect((await loadTrainingState(path)).engine).toEqual(content.engine);
      await expect(loadInferenceForm(path)).rejects.toThrow(code("no-inference-form"));
      // Without a training state nothing would be saved at all.
      const alone = saveCheckpoint(
        join(folder, "b"),
        { form: notFinite.form },
        { whenNotFinite: "state-only" },
      );
      await expect(alone).rejects.toThrow(code("not-finite"));
    });
  });

  test("refuses an output that exists, and parts that do not belong together", async () => {
    await inFolder(async (folder) => {
      await expect(saveCheckpoint(folder, content)).rejects.toThrow(code("output-exists"));
      const path = join(folder, "a");
      const { form, engine, trainer } = content;
      await expect(saveCheckpoint(path, { form, trainer })).rejects.toThrow(code("bad-checkpoint"));
      const wider = { form, engine: { ...engine, dSae: 5 } };
      await expect(saveCheckpoint(path, wider)).rejects.toThrow(
        /a form of 3 × 4 and an engine state of 3 × 5/,
      );
      const huge = { ...content, trainer: { text: "x".repeat(2 ** 24) } };
      await expect(saveCheckpoint(path, huge)).rejects.toThrow(code("description-too-large"));
      expect(await readdir(folder)).toEqual([]);
    });
  });

  test("leaves nothing behind, whichever operation fails", async () => {
    let count = 0;
    let limit = Number.POSITIVE_INFINITY;
    const gate = (): void => {
      if (count++ >= limit) throw Object.assign(new Error("ENOSPC: injected"), { code: "ENOSPC" });
    };
    const fileSystem: FileSystem = {
      ...nodeFileSystem,
      rename: async (...args) => {
        gate();
        return nodeFileSystem.rename(...args);
      },
      open: async (...args) => {
        gate();
        const handle = await nodeFileSystem.open(...args);
        for (const name of ["writeFile", "sync"] as const) {
          const original = handle[name].bind(handle) as (...rest: unknown[]) => unknown;
          const gated = async (...rest: unknown[]) => {
            gate();
            return original(...rest);
          };
          Object.assign(handle, { [name]: gated });
        }
        return handle;
      },
    };
    await inFolder((folder) => saveCheckpoint(join(folder, "a"), content, { fileSystem }));
    const nOperations = count;
    expect(nOperations).toBeGreaterThan(15);
    for (limit = 0; limit < nOperations; limit++) {
      count = 0;
      await inFolder(async (folder) => {
        const saving = saveCheckpoint(join(folder, "a"), content, { fileSystem });
        await expect(saving).rejects.toThrow(code("disk-full"));
        expect(await readdir(folder)).toEqual([]);
      });
    }
  });
});

suite("loadInferenceForm() and loadTrainingState()", () => {
  const withCheckpoint = (work: (path: string) => Promise<void>): Promise<void> =>
    inFolder(async (folder) => {
      await saveCheckpoint(join(folder, "a"), content);
      await work(join(folder, "a"));
    });

  test("say so where there is no checkpoint", async () => {
    await inFolder(async (folder) => {
      await writeFile(join(folder, "file"), "");
      for (const path of [folder, join(folder, "nowhere"), join(folder, "file")]) {
        await expect(loadInferenceForm(path)).rejects.toThrow(code("no-such-checkpoint"));
        await expect(loadTrainingState(path)).rejects.toThrow(code("no-such-checkpoint"));
      }
    });
  });

  test.each([
    ["sae.safetensors", loadInferenceForm],
    ["trainer.safetensors", loadTrainingState],
  ] as const)("name %s where it is altered, truncated, or missing", async (file, load) => {
    await withCheckpoint(async (path) => {
      const name = join(path, file);
      const bytes = await readFile(name);
      const refused = async (expected: string) =>
        expect(load(path)).rejects.toThrow(
          expect.objectContaining({ code: expected, kind: "input", where: name }),
        );
      const flipped = Buffer.from(bytes);
      flipped[bytes.length - 1] = (flipped.at(-1) ?? 0) ^ 1;
      await writeFile(name, flipped);
      await refused("altered-file");
      await truncate(name, 40);
      await refused("truncated-file");
      await rm(name);
      await refused("missing-file");
      await mkdir(name);
      await expect(load(path)).rejects.toThrow(expect.objectContaining({ kind: "input" }));
    });
  });

  test("name a description that is no JSON or too large to be one", async () => {
    await withCheckpoint(async (path) => {
      const name = join(path, "sae.json");
      await writeFile(name, "{");
      await expect(loadInferenceForm(path)).rejects.toThrow(
        expect.objectContaining({ code: "bad-json", where: name }),
      );
      await writeFile(name, " ".repeat(2 ** 24 + 1));
      await expect(loadInferenceForm(path)).rejects.toThrow(code("file-too-large"));
    });
  });
});
