#!/usr/bin/env node
import { runExtract } from "./run-extract.ts";
import { runOnProcess } from "./terminal/process-io.ts";

await runOnProcess(runExtract);
