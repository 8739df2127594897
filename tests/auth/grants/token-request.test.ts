import { describe, expect, test } from "bun:test";
import { decodeJwt } from "jose";
import type { Credentials } from "../../../lib/auth/credentials.ts";
import { requestToken } from "../../../lib/auth/grants/request-token.ts";
import { makeTokenRequest } from "../../../lib/auth/grants/token-request.ts";
import { makeKey } from "../key-forms.ts";
import { memoryDeps } from "../memory-deps.ts";
import { scriptedDeps } from "../scripted-fetch.ts";

test("a token request has the user's own parameters last, in place of ours", async () => {
  const credentials: Credentials = {
    grant: "client-credentials",
    clientId: "id",
    authentication: { kind: "secret", method: "client_secret_post", secret: { from: "value", value: "s" } },
    tokenParams: [
      ["resource", "urn:a"],
      ["resource", "urn:b"],
      ["client_id", "other"],
    ],
  };
  const found = { resource: "https://mcp.example", tokenEndpoint: "https://as/token", discoveredAtMs: 0 };
  const { body } = await makeTokenRequest(memoryDeps().deps, credentials, found, "a", 0);
  expect(body.toString()).toBe(
    "grant_type=client_credentials&scope=a&client_secret=s&resource=urn%3Aa&resource=urn%3Ab&client_id=other",
  );
});

test.each([429, 503])(
  "a token request that a busy server (%d) wants again is signed anew: assertions are good once",
  async (status) => {
    const seen = new Set<string>();
    const tokenEndpoint = "https://as.example/token";
    const { deps, requests } = scriptedDeps({
      [tokenEndpoint]: () =>
        requests.length === 1
          ? new Response(null, { status, headers: { "retry-after": "0" } })
          : { access_token: "t", token_type: "Bearer" },
    });
    const key = { from: "value", value: makeKey("P-256").forms[0]?.text ?? "" } as const;
    const credentials: Credentials = {
      grant: "client-credentials",
      clientId: "id",
      authentication: { kind: "private_key", key },
    };
    const found = { resource: "https://mcp.example", tokenEndpoint, discoveredAtMs: 0 };
    await requestToken(deps, credentials, found, { scope: undefined });
    for (const request of requests)
      seen.add(new URLSearchParams(await request.text()).get("client_assertion") ?? "");
    expect([requests.length, seen.size]).toEqual([2, 2]);
  },
);

test("a wait that a token request was asked for, and what comes after it, are within one time limit", async () => {
  const tokenEndpoint = "https://as.example/token";
  const { deps, requests } = scriptedDeps({
    [tokenEndpoint]: () => new Response(null, { status: 503, headers: { "retry-after": "1" } }),
  });
  // The second answer never comes. Of 2 s at most 1 is left then: timers fire in their order, however busy the machine is.
  const answering = deps.fetch;
  let hadMore: boolean | undefined;
  const silent = (_input: unknown, init?: RequestInit) => {
    const more = AbortSignal.timeout(1500);
    return new Promise<Response>((_, reject) =>
      init?.signal?.addEventListener("abort", () => {
        hadMore = more.aborted;
        reject(init.signal?.reason);
      }),
    );
  };
  const fetching: typeof fetch = Object.assign(
    (input: RequestInfo | URL, init?: RequestInit) =>
      requests.length === 0 ? answering(input, init) : silent(input, init),
    { preconnect: fetch.preconnect },
  );
  const credentials: Credentials = {
    grant: "client-credentials",
    clientId: "id",
    authentication: { kind: "secret", secret: { from: "value", value: "s" } },
  };
  const found = { resource: "https://mcp.example", tokenEndpoint, discoveredAtMs: 0 };
  const asked = requestToken({ ...deps, fetch: fetching, timeoutMs: 2000 }, credentials, found, {
    scope: undefined,
  });
  await expect(asked).rejects.toMatchObject({
    exitCode: 3,
    message: expect.stringContaining("no answer within 2 s"),
  });
  // With a limit of its own for each it had 2 s.
  expect(hadMore).toBe(false);
});

test("a refusal of a token request is heard to its end, where one that is only looked at is cut", async () => {
  const tokenEndpoint = "https://as.example/token";
  const halves = ['{"error":"invalid_', 'client"}'].map((half) => new TextEncoder().encode(half));
  const { deps } = scriptedDeps({
    [tokenEndpoint]: () =>
      new Response(
        new ReadableStream({
          start(stream) {
            stream.enqueue(halves[0]);
            // Later than words are waited for at an address that is only looked at.
            setTimeout(() => {
              stream.enqueue(halves[1]);
              stream.close();
            }, 2200);
          },
        }),
        { status: 400 },
      ),
  });
  const credentials: Credentials = {
    grant: "client-credentials",
    clientId: "id",
    authentication: { kind: "secret", secret: { from: "value", value: "s" } },
  };
  const found = { resource: "https://mcp.example", tokenEndpoint, discoveredAtMs: 0 };
  await expect(requestToken(deps, credentials, found, { scope: undefined })).rejects.toMatchObject({
    code: "token_refused",
    message: expect.stringContaining("invalid_client"),
  });
});

describe("DPoP at a token endpoint", () => {
  const tokenEndpoint = "https://as.example/token";
  const found = { resource: "https://mcp.example", tokenEndpoint, discoveredAtMs: 0 };
  const credentials: Credentials = {
    grant: "client-credentials",
    clientId: "id",
    authentication: { kind: "secret", secret: { from: "value", value: "s" } },
  };

  test("whose nonces are never good enough is refused after one more request", async () => {
    const { deps, requests } = scriptedDeps({
      [tokenEndpoint]: () =>
        Response.json(
          { error: requests.length < 6 ? "use_dpop_nonce" : "invalid_client" },
          { status: 400, headers: { "dpop-nonce": `n${requests.length}` } },
        ),
    });
    await expect(requestToken(deps, credentials, found, { scope: undefined })).rejects.toMatchObject({
      code: "token_refused",
    });
    const shown = requests.map(({ headers }) => headers.get("dpop"));
    const nonces = shown.map((proof) => (proof === null ? undefined : decodeJwt(proof).nonce));
    // Without a proof, with one, and with the next nonce.
    expect(nonces).toEqual([undefined, "n1", "n2"]);
  });

  test("that wants a proof is asked again with one, unless what was given may be good for one request", async () => {
    const key = { from: "value", value: makeKey("P-256").forms[0]?.text ?? "" } as const;
    const askedBy = async (more: Partial<Credentials>) => {
      const { deps, requests } = scriptedDeps({
        [tokenEndpoint]: () => Response.json({ error: "invalid_dpop_proof" }, { status: 400 }),
      });
      const asked = requestToken(deps, { ...credentials, ...more }, found, { scope: undefined });
      await expect(asked).rejects.toMatchObject({ code: "token_refused" });
      return requests.map(({ headers }) => headers.has("dpop"));
    };
    expect(await askedBy({})).toEqual([false, true]);
    const signed = { from: "signed", key } as const;
    expect(await askedBy({ grant: "jwt-bearer", assertion: signed })).toEqual([false, true]);
    const given = { from: "value", value: "an.other's.assertion" } as const;
    expect(await askedBy({ grant: "jwt-bearer", assertion: given })).toEqual([false]);
  });

  test("that binds a token to a key, where none was shown, has not bound it to ours", async () => {
    const { deps } = scriptedDeps({ [tokenEndpoint]: { access_token: "t", token_type: "DPoP" } });
    await expect(requestToken(deps, credentials, found, { scope: undefined })).rejects.toMatchObject({
      code: "bad_token_answer",
      message: expect.stringContaining("it is bound to a key, and none was shown"),
    });
  });
});
