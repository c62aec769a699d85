import type { TfjsAbsence } from "../../tfjs-backend.ts";

const absent = (reason: string, nextStep: string): TfjsAbsence => ({ available: false, reason, nextStep });

export const outsideNode = (): TfjsAbsence =>
  absent("TensorFlow's addon runs in Node 20.19 or later only", "run this in Node, or use tfjs-wasm");

export const packageMissing = (packageName: string, version: string): TfjsAbsence =>
  absent(`${packageName} is not installed`, `npm install ${packageName}@${version}`);

export const otherVersion = (packageName: string, found: string, wanted: string): TfjsAbsence =>
  absent(
    `${packageName} is of version ${found}, TensorFlow.js of ${wanted}`,
    `npm install ${packageName}@${wanted}`,
  );

/** The package is there, and the file that its install script fetches or builds is not. */
export const addonMissing = (packageName: string): TfjsAbsence =>
  absent(
    `${packageName} has no addon (tfjs_binding.node): its install script was not allowed to run, or failed`,
    `run "npm rebuild ${packageName}" with install scripts and downloads allowed`,
  );

/** Two packages with TensorFlow's addon register the same tfjs backend. */
export const nameTaken = (owner: string): TfjsAbsence =>
  absent(
    `${owner} runs as TensorFlow in this process already`,
    "ask for this one by name, in a process of its own",
  );

/**
 * TensorFlow was loaded, and works on the CPU where a GPU is asked for: it says nothing when it finds none, or not the
 * libraries that it needs for one.
 *
 * @param driverShows the GPU that the driver shows, or nothing
 */
export function noGpu(tensorFlowVersion: string, driverShows: string | undefined): TfjsAbsence {
  const sees = `TensorFlow ${tensorFlowVersion} sees no GPU`;
  if (driverShows === undefined) {
    return absent(
      `${sees}, and nvidia-smi shows none`,
      "install NVIDIA's driver until nvidia-smi lists the GPU, or use tfjs-node",
    );
  }
  return absent(
    `${sees}, though the driver shows ${driverShows}`,
    `put ${cudaFor(tensorFlowVersion)} on LD_LIBRARY_PATH; TF_CPP_MIN_LOG_LEVEL=0 shows what it looks for`,
  );
}

/** @param tensorFlowVersion absent where TensorFlow did not get as far as to say it: that of the prebuilt addon then */
function cudaFor(tensorFlowVersion = "2.9.1"): string {
  return tensorFlowVersion.startsWith("2.9.")
    ? "the libraries of CUDA 11.2 and cuDNN 8.1"
    : `the CUDA and cuDNN libraries that TensorFlow ${tensorFlowVersion} was built for`;
}

function libraryMissing(library: string, packageName: string): TfjsAbsence {
  const reason = `the shared library ${library}, which TensorFlow's addon needs, was not found`;
  if (/^libtensorflow/.test(library)) return absent(reason, `run "npm rebuild ${packageName}"`);
  if (/^libcuda\.so/.test(library)) return absent(reason, "install NVIDIA's driver");
  if (/^lib(cu|nv)/.test(library)) return absent(reason, `put ${cudaFor()} on LD_LIBRARY_PATH`);
  return absent(reason, "install it, or put its folder on LD_LIBRARY_PATH");
}

/** The library's name in what the loaders of Linux and macOS say. */
const missingLibrary = [
  /^(?:.*: )?(\S+\.so[.\d]*): cannot open shared object file/,
  /Library not loaded: (?:\S*\/)?([^\s/]+\.dylib)/,
];

/**
 * What an error that came out of loading the package means.
 *
 * @param error anything that was thrown
 */
export function absenceFor(error: unknown, packageName: string): TfjsAbsence {
  const text = error instanceof Error ? error.message : String(error);
  const [line = ""] = text.split("\n");
  for (const pattern of missingLibrary) {
    const library = pattern.exec(text)?.[1];
    if (library !== undefined) return libraryMissing(library, packageName);
  }
  const module = /^Cannot find module '([^']+)'/.exec(line)?.[1];
  if (module !== undefined) {
    return absent(
      `${packageName} is installed in part: ${module} is missing`,
      `npm install ${packageName} again`,
    );
  }
  if (/isNullOrUndefined/.test(text)) {
    return absent(
      `${packageName} calls util.isNullOrUndefined, which Node 23 and later lack and which could not be put back`,
      "use Node 22 or 20",
    );
  }
  const isOlderSystem = /version `(GLIBC|GLIBCXX|CXXABI)_[\d.]+' not found/.test(line);
  return absent(
    `TensorFlow's addon does not load: ${line || "no reason given"}`,
    isOlderSystem
      ? "build the addon on this machine: npm run tensorflow, in a clone of Plumbline"
      : `run "npm rebuild ${packageName}"`,
  );
}
