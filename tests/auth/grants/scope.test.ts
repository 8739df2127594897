import { expect, test } from "bun:test";
import { wantedScope } from "../../../lib/auth/grants/scope.ts";

test("scopes of the user may stand on lines, as files and YAML have them", () => {
  const credentials = {
    grant: "client-credentials",
    clientId: "c",
    authentication: { kind: "none" },
    scope: " mcp:read\tmcp:write\r\nmcp:read\n",
  } as const;
  const found = { resource: "r", tokenEndpoint: "t", discoveredAtMs: 0 };
  expect(wantedScope(credentials, found, undefined)).toBe("mcp:read mcp:write");
});

test("the scopes asked for are the user's, else the challenge's, with what was gathered", () => {
  const found = { resource: "r", tokenEndpoint: "t", discoveredAtMs: 0, scope: "a b" };
  const credentials = {
    grant: "client-credentials",
    clientId: "c",
    authentication: { kind: "none" },
  } as const;
  expect(wantedScope(credentials, found, undefined)).toBe("a b");
  expect(wantedScope({ ...credentials, scope: "z" }, found, "y z")).toBe("z y");
  const { scope: _none, ...silent } = found;
  expect(wantedScope(credentials, silent, undefined)).toBeUndefined();
});
