import { quietly } from "../../timing/quietly.ts";
import type { Answer } from "../protocol/answer.ts";
import type { Call } from "../protocol/transport.ts";
import { asOpen, type Session } from "./session-state.ts";

/**
 * The client's own handshake: all else waits for it. The session that there was by then, if any, stays where the server gives
 * no other.
 */
export async function openSession(session: Session, call: Call): Promise<Answer> {
  const { state: former, handshake } = session;
  session.handshake = { initialize: call.message };
  const work = session.exchange.shakeHands(call);
  const mine = { kind: "opening", done: quietly(work) } as const;
  session.state = mine;
  const stay = () => {
    if (session.state !== mine) return;
    session.state = former.kind === "open" ? former : { kind: "none" };
    if (former.kind === "open") session.handshake = handshake;
  };
  const { answer, session: opened } = await work.catch((error: unknown) => {
    stay();
    throw error;
  });
  if (!opened) stay();
  else if (session.state === mine) {
    if (former.kind === "open") {
      former.stream.abort();
      session.left.push(former);
    }
    session.losses.opened();
    session.state = asOpen(opened, false);
  }
  return answer;
}
