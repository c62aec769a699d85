import { cp, mkdir, mkdtemp, readFile, rename, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { onnx } from "onnx-proto";
import { expect, describe as suite, test } from "vitest";
import { openCapture } from "../../onnx/capture.ts";
import { probeTokens, tokenBatch } from "../../onnx/language-model.ts";
import { openOnnxModel } from "./open-onnx-model.ts";

const fixtures = fileURLToPath(new URL("../../../../../fixtures/onnx/", import.meta.url));
const folderOf = (name: string): Promise<string> => mkdtemp(join(tmpdir(), `plumbline-${name}-`));

async function rowsOf(path: string): Promise<Float32Array> {
  const model = await openOnnxModel(path);
  const capture = await openCapture(model, { hookPoints: ["blocks.1.hook_mlp_out"], probe: probeTokens });
  const [rows = new Float32Array()] = await capture.run(tokenBatch([Int32Array.of(1, 2, 3)], capture.inputs));
  await capture.release();
  model.close();
  return rows;
}

suite("openOnnxModel()", () => {
  test("opens a snapshot of a Hugging Face cache: links to files with other names, external weights too", async () => {
    const cache = await folderOf("cache");
    await mkdir(join(cache, "blobs"));
    await mkdir(join(cache, "snapshots", "abc", "onnx"), { recursive: true });
    for (const [from, to] of [
      ["model.onnx", "onnx/model.onnx"],
      ["model.onnx_data", "onnx/model.onnx_data"],
      ["config.json", "config.json"],
    ] as const) {
      const blob = join(cache, "blobs", `sha-${from}`);
      await cp(join(fixtures, "llama-external-data", from), blob);
      await symlink(blob, join(cache, "snapshots", "abc", to));
    }
    const direct = await rowsOf(join(fixtures, "llama-external-data"));
    expect(await rowsOf(join(cache, "snapshots", "abc"))).toEqual(direct);
  });

  test("reads no weights from outside the model's folder", async () => {
    const folder = await folderOf("hostile");
    const model = onnx.ModelProto.decode(await readFile(join(fixtures, "llama-external-data", "model.onnx")));
    for (const weight of model.graph?.initializer ?? []) {
      for (const entry of weight.externalData ?? []) {
        if (entry.key === "location") entry.value = "../../../../../../etc/passwd";
      }
    }
    await writeFile(join(folder, "model.onnx"), onnx.ModelProto.encode(model).finish());
    await expect(rowsOf(folder)).rejects.toMatchObject({ code: "runtime-refused", kind: "input" });
  });

  test("finds the file of a folder, and asks where there are several", async () => {
    const folder = await folderOf("several");
    await cp(join(fixtures, "gpt-neox"), folder, { recursive: true });
    await rename(join(folder, "model.onnx"), join(folder, "model_fp32.onnx"));
    const model = await openOnnxModel(folder);
    expect(model.file).toBe(join(folder, "model_fp32.onnx"));
    model.close();
    await cp(join(folder, "model_fp32.onnx"), join(folder, "other.onnx"));
    await expect(openOnnxModel(folder)).rejects.toMatchObject({ code: "several-models" });
    (await openOnnxModel(folder, { modelFile: "other.onnx" })).close();
    await expect(openOnnxModel(join(folder, "nowhere"))).rejects.toMatchObject({ code: "no-such-model" });
    await expect(openOnnxModel(await folderOf("empty"))).rejects.toMatchObject({ code: "no-such-model" });
  });

  test("refuses a model whose weights are missing or cut short, with the file", async () => {
    const folder = await folderOf("cut");
    await cp(join(fixtures, "llama-external-data"), folder, { recursive: true });
    const data = await readFile(join(folder, "model.onnx_data"));
    await writeFile(join(folder, "model.onnx_data"), data.subarray(0, data.length / 2));
    await expect(rowsOf(folder)).rejects.toMatchObject({
      code: "runtime-refused",
      where: join(folder, "model.onnx"),
    });
    const whole = await readFile(join(fixtures, "llama", "model.onnx"));
    await writeFile(join(folder, "model.onnx"), whole.subarray(0, whole.length - 1000));
    await expect(openOnnxModel(folder)).rejects.toMatchObject({ code: "corrupt-model", kind: "input" });
  });
});
