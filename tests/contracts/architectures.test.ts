import "@tensorflow/tfjs";
import { architectureSuite } from "@plumbline/testing";
import { describe as suite, test } from "vitest";
import { trainableCases } from "./cases.ts";

for (const options of trainableCases) architectureSuite({ suite, test }, options);
