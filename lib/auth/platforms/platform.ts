// Platforms that say whose machine this is: what they sign takes the place of a secret.
import type { M2mcpError } from "../../failure.ts";
import { momentIn } from "../../moment.ts";
import type { DirectRequest } from "../../platform/http/direct.ts";
import type { Answer, ExchangeRequest } from "../exchange.ts";
import type { PlatformChoice } from "./names.ts";

/** What a user may say of the identity that a platform hands out; each platform takes what it knows. */
export interface IdentitySettings {
  /** Which identity, where the platform has several. */
  identity?: string;
  /** How long the token should be good, in seconds. */
  lifetimeS?: number;
  /** The algorithm that the platform should sign with. */
  signingAlg?: string;
}

/** A platform as the source of a token. */
export type PlatformSource = { from: PlatformChoice } & IdentitySettings;

/** What a platform is asked for. */
export interface IdentityRequest extends IdentitySettings {
  /** Whom the token is for: its `aud`. */
  audience: string;
  /** The user named the audience; else it is what the authorization server is expected to want. */
  isNamed?: boolean;
}

/** A token that says who this machine is; nearly always a JWT. */
export interface Identity {
  token: string;
  /** As the platform said, in ms since the epoch; a JWT's own `exp` counts where it is silent. */
  expiresAtMs?: number;
}

/** @param end when the token ends, as the platform said, in whatever form */
export function identityOf(token: string, end: unknown): Identity {
  const expiresAtMs = momentIn(end);
  return { token, ...(expiresAtMs === undefined ? {} : { expiresAtMs }) };
}

/** The answer of a metadata address. */
export type DirectAnswer = Omit<Answer, "url">;

/** Why a metadata address gave no answer, in words. */
export interface Unanswered {
  unanswered: string;
}

/** What platforms are given from outside. */
export interface PlatformDeps {
  env: Record<string, string | undefined>;
  /** In ms since the epoch. */
  now(): number;
  /** One line for a person; never a secret. */
  log(line: string): void;
  /** For one exchange, in ms. */
  timeoutMs: number;
  signal?: AbortSignal | undefined;
  /**
   * An address of this machine or of the network it stands in: asked without any proxy and without redirects, within a
   * second, for a short answer.
   *
   * @param reach the only authorities that count for it, PEM, and another limit of time
   */
  askDirect(
    url: string,
    request: DirectRequest,
    reach?: { ca?: string; timeoutMs?: number },
  ): Promise<DirectAnswer | Unanswered>;
  /** An address in the network, by its proxies and authorities. @throws M2mcpError as `exchange` */
  ask(url: string, request: ExchangeRequest): Promise<Answer>;
  /**
   * The text of a short file, without what surrounds it; undefined where there is none.
   *
   * @throws M2mcpError secret_unreadable for one that is there and cannot be read
   */
  readFile(path: string, limits?: { maxBytes: number }): Promise<string | undefined>;
  /** The paths of what a folder holds, in order; none where there is no such folder. */
  listFolder(path: string): Promise<string[]>;
  /**
   * What a program on PATH prints, without what surrounds it; undefined where there is no such program.
   *
   * @throws ProgramFailed, which quotes nothing of it
   */
  runProgram(name: string, args: readonly string[]): Promise<string | undefined>;
  /** Whether there is something at a path. */
  isThere(path: string): Promise<boolean>;
}

/** A place that gives its machines an identity. */
export interface Platform {
  /** As people name it. */
  title: string;
  /** What shows that this machine is there, for its errors and those of `auto`: variables, files, addresses. */
  lookedFor: string;
  /**
   * What of the environment shows that this machine is there, `the variable X`; undefined where nothing does. Looks at
   * variables and files alone.
   */
  find(deps: PlatformDeps): Promise<string | undefined>;
  /** The same by asking a metadata address, where nothing else would show it. */
  probe?(deps: PlatformDeps): Promise<string | undefined>;
  /** Why it keeps an identity back from this machine, where variables show that the machine is there all the same. */
  withheld?(deps: PlatformDeps): M2mcpError | undefined;
  /**
   * A token for an audience.
   *
   * @throws M2mcpError no_identity (exit 4): what was looked for, where, and what to switch on
   */
  identify(request: IdentityRequest, deps: PlatformDeps): Promise<Identity>;
}
