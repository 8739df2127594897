// Authorization servers as companies run them: one loopback server for the habits of each.
import { describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { importSPKI, jwtVerify } from "jose";
import { makeKey } from "../../auth/key-forms.ts";
import { json } from "../../support/mcp/scripted.ts";
import { GRANTED, refuseToken } from "../../support/oauth/scripted-world.ts";

import { type Habit, habits } from "./habit.ts";

const { home, serve, login, again } = habits();

/** The claims and header of a client assertion, checked with the key's public half. */
async function asserted(params: URLSearchParams, publicPem: string, alg: string) {
  const key = await importSPKI(publicPem, alg);
  const { payload, protectedHeader } = await jwtVerify(params.get("client_assertion") ?? "", key);
  return { ...payload, header: protectedHeader };
}

describe("servers' habits", () => {
  test("Auth0: wants an audience, and a client that is allowed the API", async () => {
    const habit: Habit = {
      token: (params, response) => {
        const audience = params.get("audience");
        if (audience === "https://api") json(response, { ...GRANTED, expires_in: 86_400 });
        else if (audience === null)
          refuseToken(response, "access_denied", "Non-global clients are not allowed access to APIv1", 403);
        else refuseToken(response, "access_denied", `Service not found: ${audience}`, 403);
      },
    };
    const refused = await login(habit);
    expect([refused.code, refused.stderr]).toEqual([
      4,
      expect.stringMatching(/Non-global[\s\S]*hint:.*--audience/),
    ]);
    expect((await again("--audience", "https://other")).stderr).toMatch(
      /Service not found[\s\S]*check --audience/,
    );
    expect((await again("--audience", "https://api")).code).toBe(0);
    expect((await home.run(["@svc", "tools-list"])).code).toBe(0);
  });

  test("Entra ID v2: refuses resource, wants scope api://…/.default, names what is wrong by number", async () => {
    const habit: Habit = {
      path: "/tenant/v2.0",
      token: (params, response, { headers: { authorization } }) => {
        const scope = params.get("scope");
        if (params.has("resource"))
          refuseToken(
            response,
            "invalid_target",
            "AADSTS9010010: The resource parameter provided in the request doesn't match",
            400,
            {
              error_codes: [9010010],
            },
          );
        else if (scope === null)
          refuseToken(response, "invalid_request", "AADSTS900144: The request body must contain 'scope'");
        else if (!scope.endsWith("/.default"))
          refuseToken(response, "invalid_scope", "AADSTS1002012: The provided value for scope is not valid");
        else if (authorization !== `Basic ${Buffer.from("id:s").toString("base64")}`)
          // The number alone, as its own field has it.
          json(response, { error: "invalid_client", error_codes: [7000215] }, 401);
        else json(response, { ...GRANTED, ext_expires_in: 3599 });
      },
    };
    expect((await login(habit)).stderr).toContain("--no-resource");
    expect((await again("--no-resource")).stderr).toContain("--scope api://…/.default");
    expect((await again("--no-resource", "--scope", "tools")).stderr).toContain("--scope api://…/.default");
    const scope = ["--no-resource", "--scope", "api://x/.default"];
    expect((await again(...scope, "--client-secret", "id-of-secret")).stderr).toContain("not its id");
    expect((await again(...scope)).code).toBe(0);
    expect((await home.run(["@svc", "tools-list"])).code).toBe(0);
  });

  test("Entra ID v2 with a certificate: PS256, its thumbprint, the token endpoint as audience", async () => {
    const { forms, publicPem, certificatePem } = makeKey("RSA");
    const [key, certificate] = [join(home.folder, "key.pem"), join(home.folder, "cert.pem")];
    writeFileSync(key, forms[0]?.text ?? "");
    writeFileSync(certificate, certificatePem);
    const der = Buffer.from(certificatePem.replace(/-----[^-]+-----|\s/g, ""), "base64");
    const x5t = createHash("sha256").update(der).digest("base64url");
    const url = await serve({
      path: "/tenant/v2.0",
      token: async (params, response) => {
        const claims = await asserted(params, publicPem, "PS256").catch(() => undefined);
        if (claims?.header["x5t#S256"] !== x5t)
          refuseToken(
            response,
            "invalid_client",
            "AADSTS700027: The certificate with identifier used to sign is not registered",
            401,
          );
        else if (claims.aud !== new URL("/token", url).href)
          refuseToken(
            response,
            "invalid_client",
            "AADSTS700023: Client assertion audience claim does not match",
            401,
          );
        else json(response, GRANTED, claims.nbf === claims.iat && claims.sub === "id" ? 200 : 400);
      },
    });
    const args = ["login", url, "@cert", "--client-id", "id", "--private-key", key, "--no-resource"];
    args.push("--scope", "api://x/.default");
    expect((await home.run(args)).stderr).toContain("--certificate");
    args.push("--certificate", certificate);
    expect((await home.run(args)).stderr).toContain("--assertion-audience token-endpoint");
    args.push("--assertion-audience", "token-endpoint");
    expect((await home.run(args)).code).toBe(0);
    expect((await home.run(["@cert", "tools-list"])).code).toBe(0);
  });

  test("Entra ID v2 with a federated credential: says which part does not match", async () => {
    const file = join(home.folder, "token");
    writeFileSync(file, "projected");
    const url = await serve({
      token: (params, response) =>
        params.get("client_assertion") === "projected"
          ? refuseToken(
              response,
              "invalid_client",
              "AADSTS700211: No matching federated identity record found",
              401,
            )
          : json(response, {}, 500),
    });
    const { code, stderr } = await home.run([
      "login",
      url,
      "--client-id",
      "id",
      "--client-assertion-file",
      file,
    ]);
    expect([code, stderr]).toEqual([4, expect.stringContaining("federated credential")]);
    expect(stderr).not.toContain("projected");
  });

  test("Okta: wants a scope", async () => {
    const habit: Habit = {
      path: "/oauth2/default",
      token: (params, response) =>
        params.get("scope") === "tools"
          ? json(response, GRANTED)
          : params.has("scope")
            ? refuseToken(
                response,
                "invalid_scope",
                "One or more scopes are not configured for the resource.",
              )
            : refuseToken(response, "invalid_scope", "'scope' must be provided."),
    };
    expect((await login(habit)).stderr).toContain("give --scope NAME");
    expect((await again("--scope", "wrong")).stderr).toContain("the scope asked for was wrong");
    expect((await again("--scope", "tools")).code).toBe(0);
  });

  test("Okta with private_key_jwt: the token endpoint as audience, the key by its id, proofs where it insists", async () => {
    const { forms, publicPem } = makeKey("RSA");
    const key = join(home.folder, "key.pem");
    writeFileSync(key, forms[0]?.text ?? "");
    const url = await serve({
      path: "/oauth2/default",
      metadata: {
        token_endpoint_auth_methods_supported: ["client_secret_basic", "private_key_jwt"],
        token_endpoint_auth_signing_alg_values_supported: ["RS256", "ES256"],
      },
      token: async (params, response, { headers: { dpop } }) => {
        const claims = await asserted(params, publicPem, "RS256").catch(() => undefined);
        if (claims?.header.kid !== "kid-1" || claims.aud !== new URL("/token", url).href)
          refuseToken(
            response,
            "invalid_client",
            "The audience claim for client_assertion must be the endpoint invoked",
            401,
          );
        else if (dpop === undefined)
          refuseToken(response, "invalid_dpop_proof", "The DPoP proof JWT header is missing.");
        else json(response, { ...GRANTED, token_type: "DPoP" });
      },
    });
    const args = ["login", url, "@key", "--client-id", "id", "--private-key", key, "--key-id", "kid-1"];
    args.push("--scope", "tools");
    expect((await home.run(args)).stderr).toContain("--assertion-audience token-endpoint");
    const { code, stdout } = await home.run([...args, "--assertion-audience", "token-endpoint", "--json"]);
    expect([code, JSON.parse(stdout).tokenType]).toEqual([0, "DPoP"]);
  });

  test("Cognito: basic only, no word of it in the metadata, no resource", async () => {
    const habit: Habit = {
      token: (params, response, { headers: { authorization } }) =>
        !authorization?.startsWith("Basic ") || params.has("client_secret")
          ? json(response, { error: "invalid_client" }, 400)
          : params.has("resource")
            ? json(response, { error: "invalid_request" }, 400)
            : params.get("scope") === "api/read"
              ? json(response, GRANTED)
              : json(response, { error: "invalid_scope" }, 400),
    };
    expect((await login(habit)).stderr).toContain("--no-resource");
    expect((await again("--no-resource", "--scope", "read")).stderr).toContain("--scope");
    expect((await again("--no-resource", "--scope", "api/read")).code).toBe(0);
  });

  test("Keycloak: an issuer with a path, found by OpenID Connect discovery", async () => {
    let enabled = false;
    const { stderr } = await login({
      path: "/realms/main",
      token: (_params, response) =>
        enabled
          ? json(response, { ...GRANTED, "not-before-policy": 0, refresh_expires_in: 0 })
          : refuseToken(
              response,
              "unauthorized_client",
              "Client not enabled to retrieve service account",
              401,
            ),
    });
    expect(stderr).toContain("service accounts");
    enabled = true;
    const { code, stdout } = await again();
    expect(code).toBe(0);
    expect(stdout).toContain("/realms/main");
  });
});
