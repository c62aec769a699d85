export { createFolderAtomically } from "./node/create-folder-atomically.ts";
export { type FileSystem, nodeFileSystem } from "./node/file-system.ts";
export { readJsonFile } from "./node/read-json-file.ts";
export { writeFileAtomically } from "./node/write-file-atomically.ts";
