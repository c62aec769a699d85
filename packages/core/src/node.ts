export { createFolderAtomically } from "./node/create-folder-atomically.ts";
export { explainFileError, type FileSystem, nodeFileSystem } from "./node/file-system.ts";
export { readJsonFile } from "./node/read-json-file.ts";
export { temporaryName, writeFileAtomically } from "./node/write-file-atomically.ts";
