/** A token request that failed. */
export interface Failure {
  atMs: number;
  code: string;
  exitCode: number;
  message: string;
  hint?: string;
  /** When the server asks to come again, in ms since the epoch. */
  againAtMs?: number;
  /** Scopes gathered by step-up that were asked for with it. */
  steppedUpScope?: string;
  /** The route of who met it: see `AuthDeps.route`. */
  route?: string;
  /** It was to renew a token that was good still: who needs one then asks by itself. */
  ahead?: true;
}
