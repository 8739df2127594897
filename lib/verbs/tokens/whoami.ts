import { claimShown } from "../../auth/claims.ts";
import { grantOf, type TokenOrigin } from "../../auth/credentials.ts";
import type { TokenFacts } from "../../auth/diagnosis/token-facts.ts";
import type { Command } from "../../command-line/command.ts";
import { withoutUrlSecrets } from "../../failure.ts";
import { numericDateMs } from "../../moment.ts";
import { oneLine } from "../../net/one-line.ts";
import { table } from "../../ui/table.ts";
import { moment } from "../../ui/time.ts";
import { noLoginSaved } from "../errors.ts";
import { sourceShown } from "../settings/source-shown.ts";
import { tokenTarget } from "./target-token.ts";

/** `m2mcp whoami @svc`: who this machine is to the server, by what its identity and its token say of themselves. */
export async function run(command: Command): Promise<undefined> {
  const { target, deps, get } = await tokenTarget(command);
  const { credentials, server, profile, login } = target;
  const { output } = command;
  if (!credentials) throw noLoginSaved(server);
  const [{ factsOf }, { doubtsAbout }, { identityClaims }, { wantedScope }] = await Promise.all([
    import("../../auth/diagnosis/token-facts.ts"),
    import("../../auth/diagnosis/token-doubts.ts"),
    import("../../auth/diagnosis/identity-claims.ts"),
    import("../../auth/grants/scope.ts"),
  ]);
  const bound = await get(credentials);
  const found = (await target.cache.readAuth())?.discovered;
  const grant = grantOf(credentials);
  const said = grant && (await identityClaims(deps, grant, found));
  const claims = said && "claims" in said ? said.claims : null;
  const facts = bound && factsOf(bound.token, credentials, found?.issuer);
  const wanted = grant && found ? wantedScope(grant, found, undefined) : undefined;
  const notes = bound && facts ? doubtsAbout(bound.token, facts, login?.server ?? server, wanted) : [];
  if (said && "failure" in said) notes.push(said.failure);
  output.data({
    profile: profile?.name ?? null,
    server: withoutUrlSecrets(server),
    identity: { grant: credentials.grant, clientId: grant?.clientId || null, claims },
    token: facts && { ...factsJson(facts), tokenType: bound.token.tokenType },
    verified: false,
    notes,
  });
  output.print(
    table([
      ["server", withoutUrlSecrets(server)],
      ["identity", identityShown(credentials)],
      ...(claims ? rowsOf(claims, command.io.now()) : []),
    ]),
  );
  if (facts)
    output.print(`token, decoded here and not verified\n${table(tokenRows(facts, command.io.now()))}`);
  else output.print("no token: the server asks for none");
  for (const note of notes) output.hint(note);
}

function identityShown(origin: TokenOrigin): string {
  if (origin.grant === null) return `a token that something else makes: ${sourceShown(origin.token)}`;
  const { clientId, authentication, assertion, subject, grant } = origin;
  const source = authentication.kind === "assertion" ? authentication.assertion : assertion;
  const by = { secret: "a secret", private_key: "a private key", tls: "a certificate", none: "no proof" };
  const proof =
    authentication.kind === "assertion"
      ? "an assertion"
      : assertion
        ? "an assertion as grant"
        : by[authentication.kind];
  const from =
    source?.from === "signed" ? " that its own key signs" : source ? ` ${sourceShown(source)}` : "";
  return [
    clientId === "" ? "no client id" : `client ${clientId}`,
    `by ${proof}${from}`,
    `grant ${grant}`,
    ...(subject ? [`about whom a token ${sourceShown(subject.source)} says`] : []),
  ].join(", ");
}

const factsJson = ({ expiresAtMs, claims, ...facts }: TokenFacts) => ({
  format: claims === null ? "opaque" : "jwt",
  ...facts,
  expiresAt: expiresAtMs === null ? null : new Date(expiresAtMs).toISOString(),
  claims,
});

const BOUND = { dpop: "a key that stays here (DPoP)", certificate: "the client certificate" };

function tokenRows(facts: TokenFacts, nowMs: number): string[][] {
  const { issuer, subject, client, audience, scope, roles, expiresAtMs, boundTo, claims } = facts;
  return [
    ["  format", claims === null ? "opaque" : "JWT"],
    ["  issuer", issuer ?? "not named"],
    ["  subject", subject ?? "not named"],
    ...(client === null ? [] : [["  client", client]]),
    ["  audience", audience.join(" ") || "not named"],
    ["  scope", scope ?? "not named"],
    ...(roles.length === 0 ? [] : [["  roles", roles.join(" ")]]),
    ["  expires", expiresAtMs === null ? "not said" : moment(expiresAtMs, nowMs)],
    ...(boundTo === null ? [] : [["  bound to", BOUND[boundTo]]]),
  ].map((row) => row.map((cell) => (cell.startsWith("  ") ? cell : oneLine(cell, 400))));
}

/** The claims of an identity that servers go by. */
function rowsOf(claims: Record<string, unknown>, nowMs: number): string[][] {
  const expiresAtMs = numericDateMs(claims.exp);
  return [
    ...["iss", "sub", "aud"].map((name, at) => [
      `  ${["issuer", "subject", "audience"][at]}`,
      claims[name] === undefined ? "not named" : claimShown(claims[name]),
    ]),
    ["  expires", expiresAtMs === undefined ? "not said" : moment(expiresAtMs, nowMs)],
  ];
}
