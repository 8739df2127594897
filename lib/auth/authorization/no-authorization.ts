import { oneLine } from "../../net/one-line.ts";
import { tokenChallenge } from "../discovery/token-challenge.ts";
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
      const { status, wwwAuthenticate, words } = refusal;
      const { error, error_description, resource_metadata } = tokenChallenge(wwwAuthenticate)?.params ?? {};
      const told = error_description && withoutSecrets(error_description, headerValues);
      if (status === 401 || error === "invalid_token" || resource_metadata)
        throw loginNeeded(server, oneLine(told ?? words ?? "") || undefined);
      throw accessForbidden(new URL(server).host, oneLine(told ?? words ?? `HTTP status ${status}`));
    },
    redact: (text) => withoutSecrets(text, headerValues),
    learn() {},
    async end() {},
  };
}
