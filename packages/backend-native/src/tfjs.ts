export { nativeTfjsBackend } from "./tfjs/native-tfjs-backend.ts";
