/** One thing that was looked at. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  /** what was found */
  readonly found: string;
  /** what to do, where something is wrong */
  readonly nextStep?: string;
}
