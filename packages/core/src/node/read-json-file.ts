import { PlumblineError } from "../errors/plumbline-error.ts";
import { explainFileError, type FileSystem, nodeFileSystem } from "./file-system.ts";

/**
 * Reads and parses a JSON file of limited size.
 *
 * @param options.maxBytes larger files are refused unread; 16 MiB by default, far above any file Plumbline writes
 * @throws PlumblineError `no-such-file`, `file-too-large`, `bad-json` with the parser's position
 */
export async function readJsonFile(
  path: string,
  options: { maxBytes?: number; fileSystem?: FileSystem } = {},
): Promise<unknown> {
  const { maxBytes = 16 * 2 ** 20, fileSystem = nodeFileSystem } = options;
  let text: string;
  try {
    const { size } = await fileSystem.stat(path);
    if (size > maxBytes) {
      throw new PlumblineError({
        code: "file-too-large",
        kind: "input",
        message: `[core] readJsonFile(): expected at most ${maxBytes} bytes, got ${size}`,
        where: path,
        hint: "is this the right file?",
      });
    }
    text = await fileSystem.readFile(path, "utf8");
  } catch (error) {
    throw explainFileError(error, "readJsonFile()", path);
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new PlumblineError({
      code: "bad-json",
      kind: "input",
      message: `[core] readJsonFile(): not JSON: ${cause instanceof Error ? cause.message : String(cause)}`,
      where: path,
      hint: "the file is damaged or of another kind",
      cause,
    });
  }
}
