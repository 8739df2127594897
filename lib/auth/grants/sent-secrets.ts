import { isObject } from "../../json.ts";
import { basicSecret, type TokenRequest } from "../client/authentication.ts";
import type { Answer } from "../exchange.ts";
import { withoutSecrets } from "../redact.ts";

/** What of a token request no message repeats. @param params the user's own */
export const secretsIn = ({ headers, body }: TokenRequest, params: [string, string][]) =>
  [
    headers.authorization?.replace(/^\S+ /, ""),
    basicSecret(headers.authorization),
    ...["client_secret", "client_assertion", "assertion", "subject_token", "actor_token"].map((name) =>
      body.get(name),
    ),
    ...params.map(([, value]) => value),
  ].map((secret) => secret ?? undefined);

/** An answer to a token request, without the secrets of the request in what is told of it. */
export function withoutSentSecrets<A extends Pick<Answer, "text" | "json">>(
  answer: A,
  secrets: ReturnType<typeof secretsIn>,
): A {
  const text = withoutSecrets(answer.text, secrets);
  if (!isObject(answer.json)) return { ...answer, text };
  const told = ["error", "error_description", "token_type"];
  const json = Object.fromEntries(
    Object.entries(answer.json).map(([name, value]) => [
      name,
      typeof value === "string" && told.includes(name) ? withoutSecrets(value, secrets) : value,
    ]),
  );
  return { ...answer, text, json };
}
