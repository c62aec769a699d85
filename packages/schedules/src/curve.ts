import type { Progress } from "@plumbline/core";

/**
 * One scalar over training: a function of where training is, and of nothing else. Steps count from 0; `nSteps` is the length of
 * the part of training that the curve covers, all of it unless `join` says otherwise.
 */
export type Curve = (progress: Progress) => number;
