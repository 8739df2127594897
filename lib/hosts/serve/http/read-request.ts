import type { IncomingMessage } from "node:http";
import { createBodyBudget, type Share } from "../../../body-budget.ts";
import { type Text, toText, trimText } from "../../../mcp/jsonrpc/bytes.ts";
import { watchIdle } from "../../../timing/idle-timeout.ts";
import { startTimer, type Timer } from "../../../timing/timer.ts";
import type { Reply } from "./reply.ts";

/** Longest body, in bytes. */
const MAX_BODY_BYTES = 64 * 1024 * 1024;
/** A client that is silent for so long while it sends is cut off, in ms. */
const SILENT_MS = 30_000;
/** Longest time that a body may take in all, in ms. */
const LONGEST_MS = 5 * 60_000;

/** The one that came first has so long to end once others wait for room, in ms. */
const TURN_MS = 30_000;

/** What is still left of it once nothing new is taken, in ms. */
const LAST_MS = 2000;

/** A body of so many bytes is no matter for the budget. */
const SMALL_BYTES = 64 * 1024;
/** One for the bodies of all requests: many long ones at once are read one after the other. */
const budget = createBodyBudget(undefined, (late) => watchIdle(TURN_MS, late));
/** Those that were read, and of which something is under way, take so much together, in bytes. */
const underWay = createBodyBudget(256 * 1024 * 1024);

/** A body that cannot be taken. */
export class BodyRefused extends Error {
  readonly status: 400 | 408 | 413 | 503;
  constructor(status: BodyRefused["status"], words: string) {
    super(words);
    this.status = status;
  }
}

/** The body of a request, whose memory is taken. */
export interface Body {
  text: Text;
  /** Nothing holds it any more: there is room for another; absent where that is no matter. */
  done?(): void;
}

/**
 * The body of a request. @throws BodyRefused where it is too long, too slow or broken off, or there is no room for it
 *
 * @param endings what is called once nothing new is to come: who has not said by then what is wanted may say it elsewhere
 * @param reply what answers it: who has gone by then is not waited for
 */
export function readBody(
  incoming: IncomingMessage,
  endings: Set<() => void>,
  reply: Pick<Reply, "whenGone">,
): Promise<Body> {
  const said = Number(incoming.headers["content-length"] ?? Number.NaN);
  if (said > MAX_BODY_BYTES) return Promise.reject(tooLong());
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    let size = 0;
    const late = () => fail(incoming.complete ? noRoom() : tooSlow());
    const time = watchTime(late);
    const ending = () => time.end(() => fail(new BodyRefused(503, "this process is ending")));
    endings.add(ending);
    let share: Share | undefined;
    let kept: Share | undefined;
    let isOver = false;
    const over = () => {
      isOver = true;
      share?.end();
      time.stop();
      endings.delete(ending);
    };
    const fail = (error: BodyRefused) => {
      over();
      kept?.end();
      parts.length = 0;
      reject(error);
    };
    incoming.on("data", (part: Buffer) => {
      if (isOver) return;
      size += part.length;
      if (size > MAX_BODY_BYTES) return fail(tooLong());
      parts.push(part);
      time.came();
      if (size <= SMALL_BYTES) return;
      share ??= budget.open(late);
      const room = share.holds(size);
      if (room) holdBack(incoming, time, room, () => isOver);
    });
    incoming.on("end", async () => {
      if (isOver) return;
      if (share) {
        kept = underWay.open();
        await roomFor(kept, size, reply, broken);
      }
      if (isOver) return;
      over();
      const [only] = parts;
      const text = trimText(toText(parts.length === 1 && only ? only : Buffer.concat(parts)));
      resolve(kept ? { text, done: kept.end } : { text });
    });
    const broken = () => fail(new BodyRefused(400, "the body broke off"));
    incoming.on("error", broken);
    incoming.on("aborted", broken);
  });
}

/** Nothing more is read until there is room. */
function holdBack(
  incoming: IncomingMessage,
  time: ReturnType<typeof watchTime>,
  room: Promise<void>,
  isOver: () => boolean,
): void {
  time.pause();
  incoming.pause();
  void room.then(() => {
    if (isOver()) return;
    time.restart();
    incoming.resume();
  });
}

/** Waits for room. @param gone called where nobody waits for the answer by then: what waited is not carried out for nobody */
async function roomFor(
  share: Share,
  bytes: number,
  reply: Pick<Reply, "whenGone">,
  gone: () => void,
): Promise<void> {
  const forget = reply.whenGone(gone);
  await share.holds(bytes);
  forget();
}

/** The time that a body has. */
function watchTime(late: () => void) {
  const idle = watchIdle(SILENT_MS, late);
  const whole = watchIdle(LONGEST_MS, late);
  let last: Timer | undefined;
  return {
    came: () => idle.refresh(),
    /** It waits for room: that is not its own time. */
    pause() {
      idle.pause();
      whole.pause();
    },
    restart() {
      idle.refresh();
      whole.refresh();
    },
    /** Nothing new is taken any more. */
    end(over: () => void) {
      last = startTimer(LAST_MS, over);
    },
    stop() {
      idle.stop();
      whole.stop();
      last?.stop();
    },
  };
}

const tooLong = () => new BodyRefused(413, `the body is longer than ${MAX_BODY_BYTES} bytes`);
const tooSlow = () => new BodyRefused(408, "the body did not come in time");
const noRoom = () => new BodyRefused(503, "too many long requests are under way");
