#!/usr/bin/env node
import { fileURLToPath } from "node:url";
import { runOnProcess } from "@plumbline/extract/terminal";
import { runCli } from "./run-cli.ts";

const plumbline = [process.execPath, ...process.execArgv, fileURLToPath(import.meta.url)];
await runOnProcess((argv, io) => runCli(argv, io, { plumbline }));
