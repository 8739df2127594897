import { asksForToken, tokenChallenge, wordsOfRefusal } from "../discovery/token-challenge.ts";
import { accessForbidden, loginNeeded } from "../errors.ts";
import { withoutSecrets } from "../redact.ts";
import type { ClosableAuthorization } from "./authorization.ts";

/**
 * For a server that no credentials are known for: nothing is sent, and a refusal becomes advice.
 *
 * @param headerValues the user's, which a server may repeat
 */
export function noAuthorization(server: string, headerValues: readonly string[] = []): ClosableAuthorization {
  return {
    async headers({ refusal }) {
      if (!refusal) return {};
      const { status, wwwAuthenticate } = refusal;
      const challenge = tokenChallenge(wwwAuthenticate);
      const wordsOr = (otherwise?: string) =>
        wordsOfRefusal(challenge, refusal.words ?? otherwise, headerValues);
      if (asksForToken(status, challenge)) throw loginNeeded(server, wordsOr());
      const words = wordsOr(challenge?.params.error);
      throw accessForbidden(new URL(server).host, words ?? `HTTP status ${status}`);
    },
    redact: (text) => withoutSecrets(text, headerValues),
    learn() {},
    async end() {},
  };
}
