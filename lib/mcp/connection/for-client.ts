import { objectOf } from "../../json.ts";
import { notification } from "../jsonrpc/message.ts";
import type { ClientEra } from "../pairs/pair.ts";
import { type Refused, supportedVersions } from "../protocol/answer.ts";
import { noCommonVersion } from "../protocol/errors.ts";
import { ACKNOWLEDGED, changesIn, tagged } from "../protocol/subscription.ts";
import type { Call } from "../protocol/transport.ts";
import { oursOf, UNSUPPORTED_VERSION } from "../protocol/versions.ts";

/**
 * A subscription that may go on at the server of another era: the client hears once that it stands, and then what may have
 * changed meanwhile.
 */
export function acknowledgedOnce(call: Call): Call {
  let isAcknowledged = false;
  return {
    ...call,
    async onMessage(message) {
      if (message.method !== ACKNOWLEDGED || !isAcknowledged) {
        isAcknowledged ||= message.method === ACKNOWLEDGED;
        return call.onMessage(message);
      }
      const { notifications } = message.params;
      for (const { method, params } of changesIn(objectOf(notifications)))
        await call.onMessage(notification(method, tagged(params, call.message.id)));
    },
  };
}

/** A version error in words, for clients that show nothing else. */
export function inOurWords(client: ClientEra, pinned: string | undefined, refusal: Refused): Refused {
  const { error } = refusal;
  if (client === "modern" || error?.code !== UNSUPPORTED_VERSION) return refusal;
  const { message } = noCommonVersion(oursOf(pinned), supportedVersions(error));
  return { ...refusal, error: { ...error, message } };
}
