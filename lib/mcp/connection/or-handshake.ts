import { streamCut } from "../../net/errors.ts";
import { hostOf } from "../../net/network-error.ts";
import { follow } from "../../timing/linked-abort.ts";
import { quietly } from "../../timing/quietly.ts";
import { startTimer } from "../../timing/timer.ts";
import { until } from "../../timing/until.ts";
import type { Endpoint } from "../protocol/endpoint.ts";
import type { Attempt } from "./negotiate.ts";

/** Opens the server in one era. @param isWanted whether it was not given up: else nothing is learned from it */
export type Asking = (signal: AbortSignal, isWanted: () => boolean) => Promise<Attempt>;

/** How long a server may be silent to a question of the modern era before it is asked for a handshake as well, in ms. */
const SILENT_MS = 5000;
/** How long a handshake that is not taken may still say which session it opened, in ms. */
const LATE_MS = 2000;

/**
 * What a question of the modern era comes to. Where it is silent for long, its server may be a legacy one, which need not
 * answer what it does not know (MCP 2026-07-28 "Versioning"): a handshake beside it shows. Whichever is not taken is given up,
 * and a session that it opened is ended.
 *
 * @param isLegacys whether what the question came to has a legacy server asked: the handshake under way is that
 * @throws what the question throws
 */
export async function orHandshake(
  ask: Asking,
  shakeHands: Asking,
  isLegacys: (found: Attempt) => boolean,
  signal: AbortSignal,
  { url, log }: Endpoint,
): Promise<Attempt> {
  const question = begin(ask, signal);
  if (await until(quietly(question.attempt), SILENT_MS)) return question.attempt;
  log("the server is silent to a question of the modern era: trying a handshake as well");
  const handshake = begin(shakeHands, signal);
  const connected = new Promise<typeof handshake>((resolve) => {
    handshake.attempt.then(
      ({ kind }) => kind === "connected" && resolve(handshake),
      // The question alone counts.
      () => {},
    );
  });
  const answered = quietly(question.attempt).then(async () => {
    const isRefused = await question.attempt.then(isLegacys, () => false);
    // Another would leave the session of this one behind.
    if (isRefused) await quietly(handshake.attempt);
    return question;
  });
  const found = await Promise.race([connected, answered]);
  const why = streamCut(hostOf(url));
  if (found === question) handshake.giveUp(why, LATE_MS);
  else question.giveUp(why);
  return found.attempt;
}

function begin(work: Asking, parent: AbortSignal) {
  const over = new AbortController();
  const unlink = follow(parent, over);
  let isWanted = true;
  const attempt = work(over.signal, () => isWanted).finally(unlink);
  return {
    attempt,
    giveUp(why: Error, withinMs = 0) {
      isWanted = false;
      if (withinMs === 0) over.abort(why);
      else {
        const timer = startTimer(withinMs, () => over.abort(why));
        timer.keepAlive(false);
        void quietly(attempt).then(() => timer.stop());
      }
      // It may have connected as well.
      attempt.then(
        (late) => {
          if (late.kind === "connected") void late.connected.transport.close("end");
        },
        () => {},
      );
    },
  };
}
