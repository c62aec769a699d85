export { createFolderAtomically } from "./node/create-folder-atomically.ts";
export { explainFileError, type FileSystem, nodeFileSystem } from "./node/file-system.ts";
export { type LockOptions, lockHolder, takeLock } from "./node/process-lock.ts";
export { readFully } from "./node/read-fully.ts";
export { readJsonFile } from "./node/read-json-file.ts";
export { temporaryName, writeFileAtomically } from "./node/write-file-atomically.ts";
