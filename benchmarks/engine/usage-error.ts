/** A mistake of whoever called the command, in words that need no stack. */
export class UsageError extends Error {}
