// The verbs that give other programs a token.
import type { Command } from "../../command-line/command.ts";
import { noLoginSaved, noTokenWanted } from "../errors.ts";
import { requireNoTerminal, tokenTarget } from "./target-token.ts";
import { warnOfBinding } from "./warn-of-binding.ts";

/** `m2mcp token @svc`: a good token on stdout, for other programs. */
export async function run(command: Command): Promise<undefined> {
  requireNoTerminal(command);
  const { target, get } = await tokenTarget(command);
  const { credentials, server } = target;
  if (!credentials) throw noLoginSaved(server);
  const bound = await get(credentials);
  if (!bound) throw noTokenWanted(server);
  const { factsOf } = await import("../../auth/diagnosis/token-facts.ts");
  const { token } = bound;
  const { issuer, scope, expiresAtMs, boundTo } = factsOf(
    token,
    credentials,
    (await target.cache.readAuth())?.discovered?.issuer,
  );
  warnOfBinding(command, boundTo);
  command.output.data({
    accessToken: token.accessToken,
    tokenType: token.tokenType,
    expiresAt: expiresAtMs === null ? null : new Date(expiresAtMs).toISOString(),
    scope,
    issuer,
    boundTo,
  });
  command.output.print(token.accessToken);
}
