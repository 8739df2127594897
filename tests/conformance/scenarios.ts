// What each client scenario of the suite must show of a client without a browser: exactly these checks.
import type { Check } from "./suite.ts";

/** What the scenario's own log shows in place of a check. */
export interface Evidence {
  what: string;
  seen: (log: Log) => boolean;
}

/** A check that such a client cannot pass. */
export interface Apart {
  why: string;
  /** Must be seen where it is given. */
  instead?: Evidence;
}

export interface Scenario {
  /** Wire versions that it is run at. */
  versions: string[];
  /** Checks that must pass, with how often at least. */
  required: Record<string, number>;
  /** Checks that must fail, each with the reason. */
  apart?: Record<string, Apart>;
  /** Where the same scenario has other checks at a version. */
  at?: Record<string, Pick<Scenario, "apart">>;
  /** The client itself ends with an error, as it should. */
  refuses?: boolean;
  /** It concerns authorization alone: the era of the client makes no difference. */
  oneClient?: boolean;
  /** Its server answers the opening of either era, and only then is of one: a client of the other needs `--protocol`. */
  hidesEra?: boolean;
}

type Json = Record<string, unknown>;

/** What the scenario's servers saw and said. */
export interface Log {
  /** The grant of each token request. */
  grants: unknown[];
  /** Bodies of the token requests. */
  tokenRequests: Json[];
  /** What the token endpoint answered. */
  tokenAnswers: Json[];
  /** Paths of all requests. */
  paths: string[];
}

export function readLog(checks: Check[]): Log {
  const of = (...ids: string[]) =>
    checks.filter(({ id }) => ids.includes(id)).map(({ details = {} }) => details);
  const bodies = (details: Json[]) =>
    details.filter(({ path }) => String(path).endsWith("/token")).map(({ body }) => body as Json);
  return {
    grants: of("token-request").map(({ grantType }) => grantType),
    tokenRequests: bodies(of("incoming-auth-request")),
    tokenAnswers: bodies(of("outgoing-auth-response")),
    paths: of("incoming-auth-request", "incoming-request").map(({ path }) => String(path)),
  };
}

const LEGACY = "2025-11-25";
const MODERN = "2026-07-28";
const BOTH = [LEGACY, MODERN];

const once = (...ids: string[]) => Object.fromEntries(ids.map((id) => [id, 1]));

const FOUND = once("prm-pathbased-requested", "authorization-server-metadata");
const TOKEN = { ...FOUND, ...once("token-request") };
const USED = { ...TOKEN, ...once("valid-bearer-token") };
const RESOURCE = once(
  "resource-parameter-in-token",
  "resource-parameter-valid-uri",
  "resource-parameter-matches-prm",
);

const scopesOf = (request: Json | undefined) => String(request?.scope ?? "").split(" ");
const asks = (...scopes: string[]): Evidence => ({
  what: `the token request asks for ${scopes.join(" ") || "no scope"}`,
  seen: ({ tokenRequests: [first] }) =>
    scopes.length === 0 ? first !== undefined && !("scope" in first) : first?.scope === scopes.join(" "),
});
const noOffline: Evidence = {
  what: "no token request asks for offline_access: a grant that can be repeated needs no refresh token",
  seen: ({ tokenRequests }) =>
    tokenRequests.length > 0 &&
    !tokenRequests.some((request) => scopesOf(request).includes("offline_access")),
};

const AUTHORIZE = "looked for at the authorization endpoint, which only a browser visits";
const ISS = "iss comes back with a browser from the authorization endpoint; no such answer exists here";
const CODE_ONLY = "noted for grant_type authorization_code only";

const NO_BROWSER: Record<string, Apart> = {
  "client-registration": {
    why: "the client is registered before: dynamic registration is for clients that a person authorizes",
    instead: {
      what: "/register is never asked",
      seen: ({ paths }) => !paths.some((path) => /register$/.test(path)),
    },
  },
  "authorization-request": {
    why: "there is no browser to send to the authorization endpoint",
    instead: {
      what: "the token request is of grant_type client_credentials",
      seen: ({ grants }) => grants.length > 0 && grants.every((grant) => grant === "client_credentials"),
    },
  },
};
const RESOURCE_AT_AUTHORIZE: Record<string, Apart> = {
  "resource-parameter-in-authorization": { why: `${AUTHORIZE}; the token request has it, see its check` },
};

const metadata = (found: Record<string, number>): Scenario => ({
  versions: BOTH,
  required: { ...USED, ...RESOURCE, ...found },
  apart: { ...NO_BROWSER, ...RESOURCE_AT_AUTHORIZE },
  oneClient: true,
});
const tokenAuth: Scenario = {
  versions: BOTH,
  required: { ...USED, ...RESOURCE, ...once("token-endpoint-auth-method") },
  apart: RESOURCE_AT_AUTHORIZE,
  oneClient: true,
};
const iss = (check: string): Scenario => ({
  versions: [MODERN],
  required: USED,
  apart: { [check]: { why: ISS } },
  oneClient: true,
});
const boundToken: Evidence = {
  what: "the token endpoint gave a token of type DPoP, which it does for a valid proof alone",
  seen: ({ tokenAnswers }) => tokenAnswers.at(-1)?.token_type === "DPoP",
};
const DPOP = once("sep-1932-client-dpop-auth-scheme", "sep-1932-client-fresh-proof");

export const SCENARIOS: Record<string, Scenario> = {
  initialize: { versions: [LEGACY], hidesEra: true, required: once("mcp-client-initialization") },
  tools_call: { versions: BOTH, required: once("tool-add-numbers", "wire-schema-valid") },
  "elicitation-sep1034-client-defaults": {
    versions: [LEGACY],
    required: once(
      ...["string", "integer", "number", "enum", "boolean"].map(
        (type) => `client-elicitation-sep1034-${type}-default`,
      ),
    ),
  },
  "sse-retry": {
    versions: [LEGACY],
    hidesEra: true,
    required: once("client-sse-graceful-reconnect", "client-sse-retry-timing", "client-sse-last-event-id"),
  },
  "request-metadata": {
    versions: [MODERN],
    hidesEra: true,
    required: once(
      "sep-2575-http-client-sends-version-header",
      "sep-2575-client-populates-meta",
      "sep-2575-client-sends-client-info",
      "sep-2575-http-version-header-matches-meta",
      "sep-2575-client-declares-roots-capability",
      "sep-2575-client-declares-sampling-capability",
      "sep-2575-client-declares-elicitation-capability",
      "sep-2575-client-retry-supported-version",
    ),
  },
  "http-standard-headers": {
    versions: [MODERN],
    hidesEra: true,
    required: { "sep-2243-client-includes-standard-headers": 9 },
  },
  "http-custom-headers": {
    versions: [MODERN],
    hidesEra: true,
    required: {
      "sep-2243-client-supports-custom-headers": 1,
      "sep-2243-client-mirrors-designated-params": 6,
      "sep-2243-client-encode-values": 3,
      "sep-2243-client-base64-unsafe": 7,
      "sep-2243-client-omit-null": 1,
    },
  },
  "http-invalid-tool-headers": {
    versions: [MODERN],
    hidesEra: true,
    required: {
      "sep-2243-client-reject-invalid-tool": 1,
      "sep-2243-x-mcp-header-not-empty": 1,
      "sep-2243-x-mcp-header-primitive-only": 4,
      "sep-2243-x-mcp-header-unique": 2,
      "sep-2243-x-mcp-header-charset": 4,
    },
  },
  "sep-2322-client-request-state": {
    versions: [MODERN],
    hidesEra: true,
    required: once(
      "sep-2322-default-result-type-complete",
      "sep-2322-client-parallel-isolation",
      "sep-2322-client-request-state-echoed",
      "sep-2322-client-jsonrpc-id-different",
      "sep-2322-client-no-state-omitted",
    ),
  },
  "json-schema-ref-no-deref": { versions: [MODERN], required: once("sep-2106-no-network-ref-deref") },
  "json-schema-2020-12-preservation": {
    versions: BOTH,
    required: once(
      "json-schema-2020-12-client-tool-found",
      "json-schema-2020-12-client-echo-completed",
      "json-schema-2020-12-client-$schema-preserved",
      "json-schema-2020-12-client-$defs-preserved",
      "json-schema-2020-12-client-additionalProperties-preserved",
      "sep-2106-client-composition-keywords-preserved",
      "sep-2106-client-conditional-keywords-preserved",
      "sep-2106-client-anchor-keyword-preserved",
      "wire-schema-valid",
    ),
  },

  "auth/client-credentials-basic": {
    versions: BOTH,
    required: { ...USED, ...once("client-credentials-basic-auth") },
    oneClient: true,
  },
  "auth/client-credentials-jwt": {
    versions: BOTH,
    required: { ...USED, ...once("client-credentials-jwt-verified") },
    oneClient: true,
  },
  "auth/wif-jwt-bearer": {
    versions: BOTH,
    required: { ...USED, ...once("wif-assertion-verified") },
    oneClient: true,
  },
  "auth/dpop": {
    versions: BOTH,
    required: { ...TOKEN, ...DPOP },
    apart: { "sep-1932-client-token-request-proof": { why: CODE_ONLY, instead: boundToken } },
    oneClient: true,
  },
  "auth/dpop-nonce": {
    versions: BOTH,
    required: { ...TOKEN, ...DPOP, ...once("sep-1932-client-rs-nonce") },
    apart: {
      "sep-1932-client-token-request-proof": { why: CODE_ONLY, instead: boundToken },
      "sep-1932-client-as-nonce": {
        why: CODE_ONLY,
        instead: {
          what: "the token endpoint asked for its nonce once, and then gave the token",
          seen: ({ tokenAnswers: [first, second, ...more] }) =>
            first?.error === "use_dpop_nonce" && second?.token_type === "DPoP" && more.length === 0,
        },
      },
    },
    oneClient: true,
  },
  "auth/metadata-default": metadata({}),
  "auth/metadata-var1": metadata({}),
  "auth/metadata-var2": metadata({}),
  "auth/metadata-var3": metadata({}),
  "auth/token-endpoint-auth-basic": tokenAuth,
  "auth/token-endpoint-auth-post": tokenAuth,
  // With a platform's token as the grant itself: the one way without client authentication.
  "auth/token-endpoint-auth-none": tokenAuth,
  "auth/pre-registration": {
    versions: BOTH,
    required: { ...USED, ...once("pre-registration-auth") },
    oneClient: true,
  },
  "auth/basic-cimd": {
    versions: BOTH,
    required: USED,
    apart: { "cimd-client-id-used": { why: `${AUTHORIZE}; the client is registered before, so has its id` } },
    oneClient: true,
  },
  "auth/scope-from-www-authenticate": {
    versions: BOTH,
    required: USED,
    apart: { "scope-from-www-authenticate": { why: AUTHORIZE, instead: asks("mcp:basic") } },
    // The suite's tokens have the scopes asked for at the authorization endpoint: none.
    refuses: true,
    oneClient: true,
  },
  "auth/scope-from-scopes-supported": {
    versions: BOTH,
    required: USED,
    apart: {
      "scope-from-scopes-supported": { why: AUTHORIZE, instead: asks("mcp:basic", "mcp:read", "mcp:write") },
    },
    oneClient: true,
  },
  "auth/scope-omitted-when-undefined": {
    versions: BOTH,
    required: USED,
    apart: { "scope-omitted-when-undefined": { why: AUTHORIZE, instead: asks() } },
    oneClient: true,
  },
  "auth/scope-step-up": {
    versions: BOTH,
    required: USED,
    apart: {
      "scope-step-up-initial": { why: AUTHORIZE, instead: asks("mcp:basic") },
      "scope-step-up-escalation": {
        why: AUTHORIZE,
        instead: {
          what: "the second token request asks for mcp:write, and there is no third",
          seen: ({ tokenRequests }) =>
            tokenRequests.length === 2 && scopesOf(tokenRequests[1]).includes("mcp:write"),
        },
      },
    },
    at: {
      [MODERN]: {
        apart: {
          "sep-2350-scope-union-on-reauth": {
            why: AUTHORIZE,
            instead: {
              what: "the second token request keeps mcp:basic",
              seen: ({ tokenRequests }) => scopesOf(tokenRequests[1]).includes("mcp:basic"),
            },
          },
        },
      },
    },
    refuses: true,
    oneClient: true,
  },
  "auth/scope-retry-limit": {
    versions: BOTH,
    required: TOKEN,
    apart: {
      "scope-retry-limit": {
        why: "counted at the authorization endpoint",
        instead: {
          what: "there are 3 token requests at most",
          seen: ({ tokenRequests }) => tokenRequests.length >= 1 && tokenRequests.length <= 3,
        },
      },
    },
    refuses: true,
    oneClient: true,
  },
  "auth/resource-mismatch": {
    versions: [MODERN],
    required: once("prm-pathbased-requested", "resource-mismatch-rejected"),
    refuses: true,
    oneClient: true,
  },
  "auth/metadata-issuer-mismatch": {
    versions: [MODERN],
    required: { ...FOUND, ...once("sep-2468-client-validate-metadata-issuer") },
    refuses: true,
    oneClient: true,
  },
  "auth/authorization-server-migration": {
    versions: [MODERN],
    required: { ...USED, ...once("sep-2352-no-reuse-on-as-change", "sep-2352-no-cross-as-credential-reuse") },
    apart: {
      "sep-2352-reregister-on-as-change": {
        why: "credentials given by a person are not made anew: the move is refused until login approves it",
        instead: {
          what: "the move is seen, and the new server asked for nothing: one token request, to the old one",
          seen: ({ tokenRequests, paths }) => {
            const asked = (what: string) => paths.filter((path) => path.includes(what)).length;
            return (
              tokenRequests.length === 1 &&
              asked("oauth-protected-resource") > 1 &&
              asked("oauth-authorization-server") === 1
            );
          },
        },
      },
    },
    refuses: true,
  },
  "auth/offline-access-scope": {
    versions: [MODERN],
    required: USED,
    apart: { "sep-2207-offline-access-requested": { why: AUTHORIZE, instead: noOffline } },
    oneClient: true,
  },
  "auth/offline-access-not-supported": {
    versions: [MODERN],
    required: USED,
    apart: { "sep-2207-offline-access-not-requested": { why: AUTHORIZE, instead: noOffline } },
    oneClient: true,
  },
  "auth/iss-supported": {
    versions: [MODERN],
    required: { ...USED, ...once("sep-2468-client-compare-iss-supported") },
    oneClient: true,
  },
  "auth/iss-not-advertised": {
    versions: [MODERN],
    required: { ...USED, ...once("sep-2468-client-proceed-no-iss") },
    oneClient: true,
  },
  "auth/iss-supported-missing": iss("sep-2468-client-reject-missing-iss"),
  "auth/iss-wrong-issuer": iss("sep-2468-client-compare-iss-supported"),
  "auth/iss-unexpected": iss("sep-2468-client-compare-iss-unadvertised"),
  "auth/iss-normalized": iss("sep-2468-client-no-normalization"),
  "auth/enterprise-managed-authorization": {
    versions: BOTH,
    required: { ...USED, ...once("complete-flow-token-exchange", "complete-flow-jwt-bearer") },
    oneClient: true,
  },
  "auth/2025-03-26-oauth-metadata-backcompat": {
    versions: ["2025-03-26"],
    required: once("authorization-server-metadata", "token-request", "valid-bearer-token"),
    apart: NO_BROWSER,
    oneClient: true,
  },
  "auth/2025-03-26-oauth-endpoint-fallback": {
    versions: ["2025-03-26"],
    // With --token-endpoint: where nothing says that a place is for secrets, only the user may.
    required: once("token-request", "valid-bearer-token"),
    apart: NO_BROWSER,
    oneClient: true,
  },
};
