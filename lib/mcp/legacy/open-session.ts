import { quietly } from "../../timing/quietly.ts";
import type { Answer } from "../protocol/answer.ts";
import type { Call } from "../protocol/transport.ts";
import { asOpen, type Session, standing } from "./session-state.ts";

/**
 * The client's own handshake: all else waits for it. The session that there was by then, if any, stays where the server gives
 * no other.
 */
export async function openSession(session: Session, call: Call): Promise<Answer> {
  const { state } = session;
  const former = standing(state);
  const formerly = state.kind === "opening" ? state.formerly : session.handshake;
  session.handshake = { initialize: call.message };
  const work = session.exchange.shakeHands(call);
  const mine = { kind: "opening", done: quietly(work), former, formerly } as const;
  session.state = mine;
  const stay = () => {
    if (session.state !== mine) return;
    session.state = former ?? { kind: "none" };
    if (former) session.handshake = formerly;
  };
  const { answer, session: opened } = await work.catch((error: unknown) => {
    stay();
    throw error;
  });
  if (!opened) stay();
  else if (session.state === mine) {
    former?.stream.abort();
    if (former) session.left.push(former);
    session.losses.opened();
    session.state = asOpen(opened, false);
  } else session.left.push(asOpen(opened, false));
  return answer;
}
