import type { JsonObject } from "../../json.ts";
import { withDeadline } from "../../timing/deadline.ts";
import { startTimer } from "../../timing/timer.ts";
import type { Id } from "../jsonrpc/id.ts";
import { notification, type RequestMessage } from "../jsonrpc/message.ts";
import { type Answer, errorIn } from "../protocol/answer.ts";
import { changesIn, listChanges } from "../protocol/subscription.ts";
import { Cancellation, cancelled, type OnMessage } from "../protocol/transport.ts";
import type { Losses } from "./losses.ts";

/** How long one setting may take to be repeated, in ms; it goes beside the requests. */
const SETTING_MS = 5000;
/** A session that stood this long is news to the client, also where others were lost at once before it, in ms. */
const STANDS_MS = 5000;

/**
 * Tells a new session what the client set in the one before. Never rejects; the answers reach nobody.
 *
 * @param ask sends the same request under an id of our own
 */
export async function repeatSettings(
  settings: readonly RequestMessage[],
  ask: (setting: RequestMessage) => Promise<Answer>,
  log: (line: string) => void,
): Promise<void> {
  await Promise.all(
    settings.map(async (setting) => {
      const late = () => new Error("late");
      const answer = await withDeadline(ask(setting), SETTING_MS, late).catch(() => undefined);
      if (!answer || answer.kind === "refused" || errorIn(answer))
        log(`${setting.method} could not be repeated`);
    }),
  );
}

/** What a lost session asked: nobody awaits those answers any more, and the new one may use their ids again. */
export async function cancelAsked(asked: Set<Id>, onMessage: OnMessage): Promise<void> {
  const abandoned = [...asked];
  asked.clear();
  const reason = new Cancellation({ reason: "the server ended the session" });
  for (const id of abandoned) await onMessage(cancelled(id, reason));
}

/**
 * What the client knew of the old session may no longer hold: each list that the server tells changes of, and each resource
 * that is subscribed to.
 */
export async function tellChanges(
  initialized: JsonObject,
  settings: readonly RequestMessage[],
  onMessage: OnMessage,
): Promise<void> {
  const resourceSubscriptions = settings.flatMap(({ method, params }) =>
    method === "resources/subscribe" ? [String(params.uri)] : [],
  );
  const missed = { ...listChanges(initialized.capabilities), resourceSubscriptions };
  for (const { method, params } of changesIn(missed)) await onMessage(notification(method, params));
}

/**
 * The same for a session that was opened anew: those that are lost one after the other are no news until one stands.
 *
 * @param isStanding whether the session is still the one in use
 */
export function tellOnceItStands(
  losses: Losses,
  initialized: JsonObject | undefined,
  settings: readonly RequestMessage[],
  isStanding: () => boolean,
  onMessage: OnMessage,
): void {
  const tell = () => {
    if (isStanding()) void tellChanges(initialized ?? {}, settings, onMessage).catch(() => {});
  };
  if (losses.inARow < 2) tell();
  else startTimer(STANDS_MS, tell).keepAlive(false);
}
