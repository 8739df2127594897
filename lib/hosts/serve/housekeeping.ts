import { startInterval } from "../../timing/timer.ts";
import type { Carrier, ServeContext } from "./context.ts";

/** How often is looked for what nobody uses, in ms. */
const LOOK_MS = 15_000;
/** A session whose id says all is let go of after so long, in ms; one that would have to be told anew, later. */
const IDLE_MS = { session: 10 * 60_000, told: 60 * 60_000 };
/** Most sessions and carriers that are kept here; of more, those go that were used longest ago. */
const MOST = { sessions: 10_000, carriers: 256 };

/** Lets go of what has not been used for long: any process goes on with it when it is wanted. @returns what ends that */
export function keepTidy(context: ServeContext): () => void {
  const timer = startInterval(LOOK_MS, () => void tidy(context));
  timer.keepAlive(false);
  return timer.stop;
}

async function tidy({ sessions, carriers }: ServeContext): Promise<void> {
  const nowMs = performance.now();
  const tooMany = sessions.size - MOST.sessions;
  let seen = 0;
  for (const [key, entry] of [...sessions]) {
    const session = await entry.catch(() => undefined);
    if (!session || !isIdle(session)) continue;
    // A client that has gone says so seldom: its server need not tell what nobody hears.
    if (!session.stream && nowMs - session.lastUsedMs > LOOK_MS) session.side?.rest?.();
    const limitMs = session.side?.session ? IDLE_MS.session : IDLE_MS.told;
    if (nowMs - session.lastUsedMs < limitMs && seen++ >= tooMany) continue;
    if (sessions.get(key) !== entry) continue;
    sessions.delete(key);
    await session.connection.close("leave");
  }
  for (const [key, carrier] of [...carriers].slice(0, Math.max(0, carriers.size - MOST.carriers)))
    if (isIdle(carrier)) {
      carriers.delete(key);
      await carrier.connection.close("end");
    }
}

const isIdle = ({ underWay }: Carrier): boolean => underWay === 0;
