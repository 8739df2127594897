// From credentials to what authorizes a request: where tokens come from (discovery), how one is asked for (grants), how the
// client proves itself (client), how long one is used (tokens), what a refusal means (authorization).
import type { requestDirectly } from "../platform/http/direct.ts";
import type { AuthState, TokenOrigin } from "./credentials.ts";

/** What authorization is given from outside: network, clock, memory, and the lock that processes share. */
export interface AuthDeps {
  fetch: typeof fetch;
  /** Asks metadata addresses of platforms; past proxies unless given. */
  askDirect?: typeof requestDirectly;
  /** In ms since the epoch. */
  now(): number;
  /** The environment, for platforms' tokens and for commands that print a secret. */
  env: Record<string, string | undefined>;
  /** @param wanted `anew`: as all who share it know it by now, even where what is at hand would do */
  read(wanted?: { anew?: true }): Promise<AuthState | undefined>;
  write(change: (old: AuthState) => AuthState): Promise<void>;
  withLock<T>(work: () => Promise<T>): Promise<T>;
  /** For one exchange with an authorization server, in ms. */
  timeoutMs: number;
  /** Hosts that may be spoken to over plain http beside loopback. */
  allowHttp: string[];
  /** One line for a person; never a secret. */
  log(line: string): void;
  /** The same of what a person did not say and should know; `log` unless given. */
  tell?(line: string): void;
  /** The credentials as they are stored now; a rotation is picked up at the next token request. */
  reload?(): Promise<TokenOrigin | null>;
  /**
   * What the route to the servers depends on beside the credentials, such as proxies, the time limit and the state of the
   * files and variables that secrets are in, in a form that reveals none of it: a failure counts for who takes the same route.
   */
  route?(): string | Promise<string>;
  /** Which issuer has taken these credentials before, at whatever server; for credentials that belong to no login. */
  takenBy?: {
    read(): Promise<string | undefined>;
    /** @param issuer undefined: what was written before is no longer sure */
    write(issuer: string | undefined): Promise<void>;
  };
  /** Sees what gets a token from its source, where somebody wants to know of it. */
  observeTokenRequest?<T>(work: () => Promise<T>): Promise<T>;
  /** What `fetch` adds by itself to requests to the MCP server, such as a gateway's key: no message repeats it. */
  headerValues?: readonly string[];
  /** Ends exchanges under way. */
  signal?: AbortSignal;
}
