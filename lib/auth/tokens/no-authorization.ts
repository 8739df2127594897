import { tokenChallenge } from "../discovery/token-challenge.ts";
import { accessForbidden, loginNeeded } from "../errors.ts";
import type { ClosableAuthorization } from "./authorization.ts";

/** For a server that no credentials are known for: nothing is sent, and a 401 becomes advice. */
export function noAuthorization(server: string): ClosableAuthorization {
  return {
    async headers({ refusal }) {
      if (!refusal) return {};
      if (refusal.status === 401) throw loginNeeded(server);
      const { error_description: described } = tokenChallenge(refusal.wwwAuthenticate)?.params ?? {};
      throw accessForbidden(new URL(server).host, described ?? `HTTP status ${refusal.status}`);
    },
    learn() {},
    async end() {},
  };
}
