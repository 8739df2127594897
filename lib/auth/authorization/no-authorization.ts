import { oneLine } from "../../net/one-line.ts";
import { tokenChallenge } from "../discovery/token-challenge.ts";
import { accessForbidden, loginNeeded } from "../errors.ts";
import type { ClosableAuthorization } from "./authorization.ts";

/** For a server that no credentials are known for: nothing is sent, and a refusal becomes advice. */
export function noAuthorization(server: string): ClosableAuthorization {
  return {
    async headers({ refusal }) {
      if (!refusal) return {};
      const { status, wwwAuthenticate, words } = refusal;
      const { error, error_description, resource_metadata } = tokenChallenge(wwwAuthenticate)?.params ?? {};
      const told = error_description ?? words;
      if (status === 401 || error === "invalid_token" || resource_metadata)
        throw loginNeeded(server, told && oneLine(told));
      throw accessForbidden(new URL(server).host, oneLine(told ?? `HTTP status ${status}`));
    },
    learn() {},
    async end() {},
  };
}
