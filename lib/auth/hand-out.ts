import { endedEarly } from "../net/errors.ts";
import type { TokenOrigin } from "./credentials.ts";
import type { AuthDeps } from "./deps.ts";
import type { BoundToken } from "./tokens/bound-token.ts";
import { createCurrentToken } from "./tokens/current.ts";

/**
 * A token for somebody else to send: the shared one while it is good for a while, else the next one where it comes within
 * a moment. Null where the server wants none.
 *
 * @throws M2mcpError why there is none
 */
export async function goodToken(
  outer: AuthDeps,
  { server, credentials }: { server: string; credentials: TokenOrigin },
): Promise<BoundToken | null> {
  const stop = new AbortController();
  const deps = { ...outer, signal: stop.signal };
  // Who gets it may keep it for a while: it counts as stale as early as it does for anybody.
  const tokens = createCurrentToken({ deps, server, credentials, jitter: 1 });
  const bound = await tokens.get();
  await tokens.end(() => stop.abort(endedEarly()));
  return bound && (tokens.fresh() ?? bound);
}
