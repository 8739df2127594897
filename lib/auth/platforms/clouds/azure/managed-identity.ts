import { objectOf } from "../../../../json.ts";
import { inWords, noIdentityAfter } from "../../answer.ts";
import { noIdentity } from "../../errors.ts";
import {
  type DirectAnswer,
  type Identity,
  identityOf,
  type PlatformDeps,
  type Unanswered,
} from "../../platform.ts";

export const TITLE = "Azure";
export const SWITCH_ON =
  'switch on a managed identity of the virtual machine, App Service or container app (Identity in the portal), or in AKS label the pod azure.workload.identity/use: "true"';

/** Which of the identities that are assigned to this machine; undefined for its own, or its only one. */
export interface UserAssigned {
  by: "client" | "object" | "resource";
  id: string;
}

/**
 * A user-assigned identity: by its resource id, `object-id:ID`, or its client id, which AZURE_CLIENT_ID names too where
 * it is set.
 */
export function userAssigned(
  identity: string | undefined,
  env: PlatformDeps["env"],
): UserAssigned | undefined {
  const text = identity ?? env.AZURE_CLIENT_ID;
  if (!text) return undefined;
  if (/^\/subscriptions\//i.test(text)) return { by: "resource", id: text };
  const [, object] = /^object-id:(.+)$/i.exec(text) ?? [];
  return object === undefined ? { by: "client", id: text } : { by: "object", id: object };
}

/** How the places name the kinds of ids; virtual machines and Arc have a word of their own for resource ids. */
export const PARAMETERS = { client: "client_id", object: "object_id", resource: "msi_res_id" } as const;

/**
 * The token in the answer of a place that hands out managed identities.
 *
 * @param at the place, as messages name it
 * @param secrets what was sent, which no message repeats
 * @throws M2mcpError no_identity
 */
export function managedToken(
  answer: DirectAnswer | Unanswered,
  at: string,
  secrets: readonly string[] = [],
): Identity {
  if ("unanswered" in answer) throw noIdentity(TITLE, `${at}: ${answer.unanswered}`, SWITCH_ON);
  const { status } = answer;
  const { access_token: token, expires_on: end } = objectOf(answer.json);
  if (status !== 200 || typeof token !== "string" || !/^[\x21-\x7e]{1,16384}$/.test(token)) {
    const isAssigned = status === 400 || status === 404;
    throw noIdentityAfter(
      status,
      TITLE,
      `${at}: ${inWords(answer, secrets)}`,
      isAssigned
        ? `${SWITCH_ON}; one of several is named with --assertion-identity or AZURE_CLIENT_ID`
        : SWITCH_ON,
    );
  }
  return identityOf(token, end);
}
