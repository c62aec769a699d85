/** Flags of the command. */
export interface ExtractFlags {
  readonly set?: readonly string[];
  readonly out?: string;
  readonly resume?: boolean;
  readonly dryRun?: boolean;
}
