import { streamCut } from "../../net/errors.ts";
import { hostOf } from "../../net/network-error.ts";
import { follow } from "../../timing/linked-abort.ts";
import { quietly } from "../../timing/quietly.ts";
import { until } from "../../timing/until.ts";
import type { Endpoint } from "../protocol/endpoint.ts";
import type { Attempt } from "./negotiate.ts";

/** How long a server may be silent to a question of the modern era before it is asked for a handshake as well, in ms. */
const SILENT_MS = 5000;

/**
 * What a question of the modern era comes to. Where it is silent for long, its server may be a legacy one, which need not
 * answer what it does not know (MCP 2026-07-28 "Versioning"): a handshake beside it shows. Whichever is not taken is given up.
 *
 * @throws what the question throws
 */
export async function orHandshake(
  ask: (signal: AbortSignal) => Promise<Attempt>,
  shakeHands: (signal: AbortSignal) => Promise<Attempt>,
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
  const found = await Promise.race([connected, quietly(question.attempt).then(() => question)]);
  (found === question ? handshake : question).giveUp(streamCut(hostOf(url)));
  return found.attempt;
}

function begin(work: (signal: AbortSignal) => Promise<Attempt>, parent: AbortSignal) {
  const over = new AbortController();
  const unlink = follow(parent, over);
  const attempt = work(over.signal).finally(unlink);
  return {
    attempt,
    giveUp(why: Error) {
      over.abort(why);
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
