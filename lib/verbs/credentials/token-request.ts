import type { Credentials } from "../../auth/credentials.ts";
import { type Options, spelt } from "../../command-line/option-values.ts";
import type { OptionName } from "../../command-line/options.ts";
import { wrongUsage } from "../../failure.ts";

/**
 * What the options say of token requests, beside who the client is.
 *
 * @throws M2mcpError (exit 1) naming the option that is malformed
 */
export function readTokenRequest(options: Options): Partial<Credentials> {
  const assertionAudience = readAudience(options);
  const clientAssertionType = readAssertionType(options);
  const resource = readResource(options);
  const issuer = options.value("issuer");
  const tokenEndpoint = options.value("token-endpoint");
  const scope = options.value("scope");
  const audience = options.value("audience");
  const params = options.values("token-param").map(tokenParam);
  return {
    ...(assertionAudience ? { assertionAudience } : {}),
    ...(clientAssertionType === undefined ? {} : { clientAssertionType }),
    ...(issuer === undefined ? {} : { issuer: checkedUrl("issuer", issuer) }),
    ...(scope === undefined ? {} : { scope }),
    ...(tokenEndpoint === undefined ? {} : { tokenEndpoint: checkedUrl("token-endpoint", tokenEndpoint) }),
    ...(resource === undefined ? {} : { resource }),
    ...(audience === undefined ? {} : { audience }),
    ...(params.length > 0 ? { tokenParams: params } : {}),
    ...(options.on("dpop") ? { dpop: true as const } : {}),
  };
}

/** What kind of assertion proves the client. @throws M2mcpError (exit 1) where it is no URI */
export function readAssertionType(options: Options): string | undefined {
  const type = options.value("client-assertion-type");
  if (type === undefined || URL.canParse(type)) return type;
  throw wrongUsage(
    `--${spelt(options, "client-assertion-type")} ${type} is no URI`,
    "it is like urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
  );
}

/** Whom assertions are for. @throws M2mcpError (exit 1) where it can be nobody */
export function readAudience(options: Options): string | undefined {
  const audience = options.value("assertion-audience");
  if (audience === undefined || /^(issuer|token-endpoint)$/.test(audience) || URL.canParse(audience))
    return audience;
  throw wrongUsage(
    `unknown --${spelt(options, "assertion-audience")} ${audience}`,
    "it is issuer, token-endpoint or the audience itself, a URI",
  );
}

/** The resource to ask tokens for; null when none shall be sent. */
function readResource(options: Options): string | null | undefined {
  const resource = options.value("resource");
  if (!options.on("no-resource"))
    return resource === undefined ? undefined : checkedUrl("resource", resource, "uri");
  if (resource !== undefined)
    throw wrongUsage("--resource and --no-resource exclude each other", "give one of them");
  return null;
}

function tokenParam(text: string): [string, string] {
  const equals = text.indexOf("=");
  if (equals < 1)
    throw wrongUsage("a --token-param is not of the form name=value", "write --token-param name=value");
  return [text.slice(0, equals), text.slice(equals + 1)];
}

/** @throws M2mcpError (exit 1) where it is no URL */
export function checkedUrl(option: OptionName, text: string, kind: "web" | "uri" = "web"): string {
  const url = URL.parse(text);
  if (!url || (kind === "web" && url.protocol !== "https:" && url.protocol !== "http:"))
    throw wrongUsage(`--${option} ${text} is no URL`, "write it in full, with https://");
  return text;
}
