import { join } from "node:path";
import { createFolderAtomically } from "@plumbline/core/node";
import type { PlaceOptions, WritingPlace, WritingSteps } from "./writing-place.ts";

/** Does `work` in a folder of its own, which becomes `path` in one step; after a failure nothing of it stays. */
export function inAtomicFolder<R>(options: PlaceOptions, steps: WritingSteps<R>): Promise<R> {
  const { path, folders, fileSystem } = options;
  const fill = async (folder: string): Promise<R> => {
    for (const name of folders) if (name !== "") await fileSystem.mkdir(join(folder, name));
    const place: WritingPlace = {
      workshop: folder,
      fileSystem,
      kept: { folder, fileSystem },
      entries: [],
      keep: async () => undefined,
      record: async () => undefined,
    };
    return steps.work(place);
  };
  return createFolderAtomically(path, fill, { fileSystem });
}
