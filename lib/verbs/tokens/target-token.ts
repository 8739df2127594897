import type { TokenOrigin } from "../../auth/credentials.ts";
import type { AuthDeps } from "../../auth/deps.ts";
import { goodToken } from "../../auth/hand-out.ts";
import type { BoundToken } from "../../auth/tokens/bound-token.ts";
import type { Command } from "../../command-line/command.ts";
import { wrongUsage } from "../../failure.ts";
import { authDeps, fetchFor } from "../target/auth-deps.ts";
import { resolveTarget, type Target } from "../target/target.ts";

/** The target that a command names first, with what asks for its tokens. */
export interface TokenTarget {
  target: Target;
  deps: AuthDeps;
  /**
   * A good token, from the shared cache where there is one; null where the server wants none.
   *
   * @throws M2mcpError why there is none
   */
  get(origin: TokenOrigin): Promise<BoundToken | null>;
}

/** @throws M2mcpError as `resolveTarget` */
export async function tokenTarget(command: Command): Promise<TokenTarget> {
  const target = await resolveTarget(command, command.positionals[0] ?? "");
  const deps = await authDeps(command, target, fetchAtNeed(command, target));
  const server = target.login?.server ?? target.server;
  return { target, deps, get: (credentials) => goodToken(deps, { server, credentials }) };
}

/** Certificates and authorities are read where something is sent: most often a token is there. */
function fetchAtNeed(command: Command, target: Target): typeof fetch {
  let opening: Promise<typeof fetch> | undefined;
  const atNeed = async (input: RequestInfo | URL, init?: RequestInit) => {
    opening ??= fetchFor(command, target);
    return (await opening)(input, init);
  };
  return Object.assign(atNeed, { preconnect: fetch.preconnect });
}

/** @throws M2mcpError (exit 1) where a token would be shown to whoever looks at the screen */
export function requireNoTerminal({ output, options }: Command): void {
  if (output.screen.out.isTerminal && !options.on("show"))
    throw wrongUsage(
      "a token is not shown at a terminal",
      "pipe it to what needs it, or give --show; m2mcp whoami shows what it is about",
    );
}
