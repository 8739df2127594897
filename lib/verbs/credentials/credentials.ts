// From options and variables to credentials.
import type { Credentials } from "../../auth/credentials.ts";
import type { Options } from "../../command-line/option-values.ts";
import { wrongUsage } from "../../failure.ts";
import { authenticationBy, signingSource } from "./client-proof.ts";
import { type KEYS, proofsBy, readGrant, readMethod, wantsClientId } from "./credential-options.ts";
import type { SecretReading } from "./secret-reading.ts";
import { checkedText, createSecretSources, type SecretSources } from "./secret-sources.ts";
import { svidNamed } from "./svid.ts";
import { readTokenRequest } from "./token-request.ts";

/**
 * Credentials from flags and variables. Where both name a way to prove the client, the flag's counts.
 *
 * @throws M2mcpError (exit 1) naming the flags and variables that are missing, wrong or in each other's way
 */
export async function readCredentials(options: Options, reading: SecretReading): Promise<Credentials> {
  const grant = readGrant(options);
  const id = options.value("client-id") ?? "";
  const clientId = id === "" ? "" : checkedText(id, "client id", "client-id");
  const { proof, ready, signer } = proofsBy(options, grant);
  const method = readMethod(options);

  const missing: string[] = [];
  if (clientId === "" && (signer !== undefined || wantsClientId(options))) missing.push("client id");
  if (!proof && grant === "client-credentials" && method !== "none" && !reading.prompt)
    missing.push("client secret or key");
  if (grant === "jwt-bearer" && !ready && !signer) missing.push("assertion");
  if (missing.length > 0) throw missingCredentials(missing);

  const sources = createSecretSources(options, reading);
  const asked = () => {
    if (grant !== "client-credentials" || method === "none") return undefined;
    return reading.prompt?.(`secret of client ${clientId}`);
  };
  const authentication = await authenticationBy(proof, { options, sources, asked });
  const tls = await readTls(options, sources);
  // An X.509-SVID is the proof of the client that its SPIFFE id names (draft-ietf-oauth-spiffe-client-auth).
  const named = clientId === "" && authentication.kind === "tls" && tls && "from" in tls;
  const tokenRequest = readTokenRequest(options);
  return {
    grant,
    clientId: named ? await reading.spiffeId(tls) : clientId,
    authentication,
    ...(ready ? { assertion: await sources.assertion(ready) } : {}),
    ...(signer ? { assertion: await signedAssertion(signer, options, sources) } : {}),
    ...(grant === "token-exchange" || grant === "id-jag"
      ? await (await import("./exchange.ts")).readExchange(grant, options, reading)
      : {}),
    ...tokenRequest,
    ...(tls ? { tls } : {}),
  };
}

async function signedAssertion(
  signer: (typeof KEYS)[number],
  options: Options,
  sources: SecretSources,
): Promise<NonNullable<Credentials["assertion"]>> {
  const subject = options.value("assertion-subject");
  return {
    from: "signed",
    ...(subject === undefined ? {} : { subject }),
    ...(await signingSource(signer, options, sources)),
  };
}

/** The certificate of mutual TLS and its key. @throws M2mcpError (exit 1) where one of the two is missing */
export async function readTls(options: Options, sources: SecretSources): Promise<Credentials["tls"]> {
  const [cert, key] = [options.value("client-cert"), options.value("client-key")];
  const svid = cert === undefined ? undefined : svidNamed(cert);
  if (svid && key === undefined) return svid;
  if (svid) throw wrongUsage("--client-cert spiffe brings its own key", "leave out --client-key");
  if (cert === undefined && key === undefined) return undefined;
  if (cert === undefined || key === undefined)
    throw wrongUsage(
      "mutual TLS needs a certificate and its key",
      "give both --client-cert PATH and --client-key PATH, or --client-cert spiffe",
    );
  return { cert: await sources.pem("client-cert", cert), key: await sources.pem("client-key", key) };
}

function missingCredentials(missing: string[]) {
  const ways: string[] = [];
  if (missing.includes("client id")) ways.push("--client-id ID (M2MCP_CLIENT_ID)");
  if (missing.includes("client secret or key"))
    ways.push(
      "one of --client-secret SECRET (M2MCP_CLIENT_SECRET), --client-secret-file PATH " +
        "(M2MCP_CLIENT_SECRET_FILE), --private-key PATH (M2MCP_PRIVATE_KEY)",
    );
  if (missing.includes("assertion"))
    ways.push(
      "one of --client-assertion-file PATH (M2MCP_CLIENT_ASSERTION_FILE), --client-assertion-command COMMAND " +
        "(M2MCP_CLIENT_ASSERTION_COMMAND), --client-assertion-env NAME, --assertion PLATFORM; or a key that signs one, " +
        "--private-key PATH or --sign-command COMMAND",
    );
  return wrongUsage(`no ${missing.join(" and no ")} given`, `give ${ways.join(" and ")}`);
}
