export { createNativeBackend, type NativeBackendOptions, nativeBackend } from "./native-backend.ts";
export { type NativeRowProducts, nativeRowProducts } from "./native-row-products.ts";
