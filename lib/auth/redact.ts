import type { TokenRequest } from "./client/authentication.ts";
import type { Answer } from "./exchange.ts";

/** A shorter secret is as likely a word of the text. */
const SHORTEST = 4;

/** Text of a server without the secrets that were sent to it, plain or encoded: some repeat what they refuse. */
export function withoutSecrets(text: string, secrets: readonly (string | undefined)[]): string {
  const forms = secrets
    .filter((secret) => secret !== undefined && secret.length >= SHORTEST)
    .flatMap((secret = "") => [
      secret,
      encodeURIComponent(secret),
      new URLSearchParams({ "": secret }).toString().slice(1),
      Buffer.from(secret).toString("base64"),
      Buffer.from(secret).toString("base64url"),
    ]);
  // The longest first: a shorter one may be a part of it.
  return forms
    .sort((a, b) => b.length - a.length)
    .reduce((hidden, form) => hidden.replaceAll(form, "…"), text);
}

/** An answer to a token request, without the secrets of the request in its words. */
export function withoutSentSecrets(
  answer: Answer,
  { headers, body }: TokenRequest,
  params: [string, string][],
): Answer {
  if (typeof answer.json !== "object" || answer.json === null) return answer;
  const sent = headers.authorization?.replace(/^\S+ /, "");
  const basic = Buffer.from(sent ?? "", "base64")
    .toString("utf8")
    .split(":")[1];
  const secrets = [
    sent,
    basic,
    basic && new URLSearchParams(`=${basic}`).get(""),
    ...["client_secret", "client_assertion", "assertion"].map((name) => body.get(name)),
    ...params.map(([, value]) => value),
  ].map((secret) => secret ?? undefined);
  const words = ["error", "error_description", "token_type"];
  const json = Object.fromEntries(
    Object.entries(answer.json).map(([name, value]) => [
      name,
      typeof value === "string" && words.includes(name) ? withoutSecrets(value, secrets) : value,
    ]),
  );
  return { ...answer, json };
}
