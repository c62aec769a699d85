export { createNativeBackend, type NativeBackendOptions, nativeBackend } from "./native-backend.ts";
