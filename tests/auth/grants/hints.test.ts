// What mends a refusal: by its words, by what the server offers, by what was sent.
import { expect, test } from "bun:test";
import type { Credentials } from "../../../lib/auth/credentials.ts";
import { hintFor } from "../../../lib/auth/grants/hints.ts";

const credentials: Credentials = {
  grant: "client-credentials",
  clientId: "id",
  authentication: { kind: "secret", secret: { from: "value", value: "s" } },
};
const hint = (error: string, description = "", more = {}) =>
  hintFor({ error, description, codes: [], credentials, ...more });

for (const [error, description] of [
  ["invalid_target", ""],
  ["invalid_request", "unsupported parameter: resource"],
  ["invalid_resource", "AADSTS500011: The resource principal named http://x was not found"],
  ["invalid_request", "AADSTS9010010: The resource parameter provided doesn't match"],
  ["server_error", "unknown parameter 'resource'"],
  ["invalid_grant", "Invalid resource"],
  ["", "resource is not allowed"],
  ["INVALID_TARGET", ""],
  ["unknown_resource", ""],
  ["unauthorized_client", "The client is not permitted to use the resource parameter"],
] as const)
  test(`hint for ${error} "${description}" names --no-resource`, () => {
    expect(hint(error, description)).toContain("--no-resource");
  });

test("hint for a resource that was not sent does not lead in a circle", () => {
  const without = { credentials: { ...credentials, resource: null } };
  expect(hint("invalid_target", "", without)).toStartWith("this server wants to know the resource");
  expect(hint("invalid_request", "unknown resource", without)).not.toContain("--no-resource");
});

test("hint for a refused secret names what was sent, and the other way", () => {
  expect(hint("invalid_client")).toMatch(
    /--client-id.*--client-secret.*client_secret_basic.*client_secret_post/,
  );
  const post = { authMethods: ["client_secret_post"] };
  expect(hint("invalid_client", "", post)).toContain("--auth-method client_secret_basic");
  const keys = { authMethods: ["private_key_jwt"] };
  expect(hint("invalid_client", "", keys)).toContain("--private-key");
  expect(hint("invalid_client", "", { doubt: "the client secret stands in quotes" })).toStartWith(
    "the client secret stands",
  );
});
