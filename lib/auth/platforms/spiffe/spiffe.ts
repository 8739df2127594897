import { isJwt } from "../jwt.ts";
import type { Platform } from "../platform.ts";
import { chooseSvid } from "./choose.ts";
import { SOCKET_VARIABLE } from "./endpoint.ts";
import { readable } from "./errors.ts";

/** A JWT-SVID of the Workload API (SPIFFE Workload API §6, JWT-SVID §3). */
export const spiffe: Platform = {
  title: "SPIFFE",
  lookedFor: `the variable ${SOCKET_VARIABLE}`,
  find: async ({ env }) => (env[SOCKET_VARIABLE] ? `the variable ${SOCKET_VARIABLE}` : undefined),

  async identify({ audience, identity }, { env, timeoutMs, signal, log }) {
    const [{ callOnce, endpointFrom }, { jwtSvidRequest, jwtSvids }] = await Promise.all([
      import("./workload-api.ts"),
      import("./messages.ts"),
    ]);
    const kind = "JWT-SVID";
    const endpoint = endpointFrom(env, kind);
    const request = jwtSvidRequest(audience, identity?.startsWith("spiffe://") ? identity : undefined);
    const answer = await callOnce({ kind, endpoint, request }, { timeoutMs, signal });
    // Compact serialization is all that JWT-SVIDs have (JWT-SVID §2).
    const svids = readable(kind, () => jwtSvids(answer)).filter(({ svid }) => isJwt(svid));
    const { spiffeId, svid } = chooseSvid(kind, svids, identity);
    log(`${endpoint.place} gave a JWT-SVID of ${spiffeId}`);
    return { token: svid };
  },
};
