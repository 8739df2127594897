// A secret that ended is told from one that was mistyped, by the servers' own words and by what it did before.
import { expect, test } from "bun:test";
import type { Credentials } from "../../../lib/auth/credentials.ts";
import { hintFor } from "../../../lib/auth/grants/hints.ts";

const credentials: Credentials = {
  grant: "client-credentials",
  clientId: "id",
  authentication: { kind: "secret", secret: { from: "value", value: "s" } },
};
const hint = (error: string, description: string, more: object = {}) =>
  hintFor({ error, description, codes: [], credentials, ...more });

const ENDED = "no longer good, rather than mistyped";
const UNKNOWN = "does not know this client id";
const WRONG = "the secret is another: it may be mistyped";
test.each([
  ["invalid_client", "The client secret has expired.", ENDED],
  ["invalid_client", "Client secret was revoked", ENDED],
  ["invalid_client", "client is disabled", ENDED],
  ["invalid_client", "The OAuth client was deleted.", ENDED],
  ["invalid_client", "Client not found", UNKNOWN],
  ["invalid_client", "Unknown client", UNKNOWN],
  ["invalid_client", "Client 'x' does not exist", UNKNOWN],
  ["invalid_client", "The client secret supplied for a confidential client is invalid.", WRONG],
  ["invalid_client", "Bad client credentials", WRONG],
  ["invalid_client", "client secret does not match", WRONG],
  ["unauthorized_client", "Invalid client secret", WRONG],
])("%s, %s", (error, description, told) => {
  expect(hint(error, description)).toContain(told);
  expect(hint(error, description)).toContain("--client-id and the secret");
});

test.each([
  // Keycloak says the same of a client that it does not know, of one that is disabled, and of a wrong secret.
  ["invalid_client", "Invalid client or Invalid client credentials"],
  ["unauthorized_client", "Invalid client or Invalid client credentials"],
  // Ory Hydra and Doorkeeper, in the words of RFC 6749.
  [
    "invalid_client",
    "Client authentication failed (e.g., unknown client, no client authentication included, or unsupported authentication method). The OAuth 2.0 Client supports client authentication method 'client_secret_post', but method 'client_secret_basic' was requested.",
  ],
  [
    "invalid_client",
    "Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method.",
  ],
  ["invalid_client", "Unknown client or bad client credentials"],
  ["invalid_client", "Invalid client_id or client_secret"],
  ["invalid_client", "Invalid or expired client secret"],
  ["invalid_client", "The client secret is invalid or has expired."],
  ["invalid_client", "client disabled or incorrect secret"],
])("words for several reasons at once are taken for none of them: %s, %s", (error, description) => {
  expect(hint(error, description)).toStartWith("check --client-id and the secret");
  expect(hint(error, description, { wasAccepted: true })).toStartWith("the same secret was accepted before");
});

test.each(["", "client authentication failed", "Invalid client secret provided"])(
  "a secret that was accepted before is not mistyped, whatever the server says: %j",
  (description) => {
    expect(hint("invalid_client", description, { wasAccepted: true })).toStartWith(
      "the same secret was accepted before, so it is not mistyped",
    );
  },
);

test("Entra ID: a secret that got a token is not wrong, but deleted; one that never did is wrong, one that ended has", () => {
  const wrong = { codes: ["7000215"], wasAccepted: true };
  expect(hint("invalid_client", "AADSTS7000215: Invalid client secret provided.", wrong)).toContain(
    "not mistyped",
  );
  expect(hint("invalid_client", "AADSTS7000215: Invalid client secret provided.")).toContain("not its id");
  expect(hint("invalid_client", "AADSTS7000222: keys are expired", { wasAccepted: true })).toContain(
    "has expired",
  );
});

test("nothing is said of a secret where nothing tells, or none was sent", () => {
  for (const description of ["", "client authentication failed", "access is no longer free"])
    expect(hint("access_denied", description)).not.toContain("mistyped");
  expect(hint("invalid_client", "client authentication failed")).toStartWith("check --client-id");
  const key: Credentials = { ...credentials, authentication: { kind: "none" } };
  expect(hint("invalid_client", "revoked", { credentials: key })).not.toContain("mistyped");
});
