// For a host whose clients may go on at another process: the sessions with all of the servers, as one.
import { isObject } from "../../json.ts";
import { quietly } from "../../timing/quietly.ts";
import { sleep } from "../../timing/sleep.ts";
import { untilAborted } from "../../timing/until.ts";
import type { SharedClient } from "../connection/connection-state.ts";
import { createSessionSettings } from "../legacy/session-settings.ts";
import type { StreamOptions } from "../legacy/streams/open-stream.ts";
import type { ServerSide } from "../pairs/era-transport.ts";
import type { SavedSession } from "../protocol/endpoint.ts";
import type { Member, MergedContext } from "./context.ts";
import { welcome } from "./handshake.ts";
import { rememberSubscription } from "./lists/uri-owners.ts";
import { subscribeAt } from "./resources.ts";
import { heardBy } from "./sending.ts";
import { cursorsIn, joinedCursor } from "./words/cursor.ts";
import { marked, unmarked } from "./words/marks.ts";
import { namedIn } from "./words/uris.ts";

/** Wait before a stream that a server has ended is asked for again, in ms. */
const AGAIN_MS = 2000;

/** What stands for the sessions at all servers, in the place of one. */
interface MergedSession extends SavedSession {
  each: Record<string, SavedSession>;
}

export interface Sides {
  /** For the connection to one of the servers. */
  of(member: Member): SharedClient;
  /** All connections are made: servers that keep nothing to be gone on with are greeted anew. */
  begin(): void;
}

/** @param client of a host whose clients may go on at another process, or have come from one */
export function createSides(context: MergedContext, client: SharedClient): Sides {
  const { resumed } = client;
  const each = resumed ? sessionsIn(resumed.session) : {};
  const all = () => [...context.members.values()];
  const set = client.settings?.all() ?? [];
  context.level = set.find(({ method }) => method === "logging/setLevel");
  for (const { params } of set) {
    const own = namedIn(String(params.uri), context.shared.names);
    if (own) rememberSubscription(context, String(params.uri), own);
  }
  /** What the client has set elsewhere holds at a session that goes on; at one that begins it is set again. */
  async function greetAnew(member: Member): Promise<void> {
    await welcome(context, member);
    for (const message of set)
      if (message.method === "resources/subscribe") await subscribeAt(context, member, message);
  }
  return {
    of(member) {
      const session = each[member.name];
      if (session) member.state = { kind: "open" };
      const settings = createSessionSettings();
      if (session && context.level) settings.note(context.level);
      return {
        ...(resumed && session ? { resumed: { handshake: resumed.handshake, session } } : {}),
        settings,
        onSide(side) {
          member.side = side;
          client.onSide(sideOf(context, all()));
        },
      };
    },
    begin() {
      if (!resumed) return;
      context.era = "legacy";
      for (const member of all()) if (member.state.kind === "new") void quietly(greetAnew(member));
    },
  };
}

const sessionsIn = (session: SavedSession): Record<string, SavedSession> =>
  "each" in session && isObject(session.each) ? (session.each as Record<string, SavedSession>) : {};

function sideOf(context: MergedContext, members: readonly Member[]): ServerSide {
  const sides = members.flatMap(({ side }) => side ?? []);
  const isSession = sides.some(({ session }) => session !== undefined);
  return {
    // Of a modern client: a subscription has a connection of its own where that is so at each server.
    era: sides.every(({ era }) => era === "modern") ? "modern" : "legacy",
    isHeldHere: sides.some(({ isHeldHere }) => isHeldHere),
    keepsSession: () => sides.some((side) => side.keepsSession?.() ?? side.isHeldHere),
    rest() {
      for (const side of sides) side.rest?.();
    },
    ...(isSession
      ? {
          session: {
            current: () => currentOf(members),
            stream: (options) => stream(context, members, options),
          },
        }
      : {}),
  };
}

/** The sessions as another process goes on with them. */
function currentOf(members: readonly Member[]): MergedSession {
  const each = members.flatMap(({ name, side }) => {
    const session = side?.session?.current();
    return session ? [[name, session]] : [];
  });
  return { protocolVersion: "", each: Object.fromEntries(each) };
}

/** Marks event ids of the streams of all servers, so that each goes on from its own; no profile is called so. */
const ALL = "*";

/**
 * The standalone streams of all servers as one, for as long as the client reads it; or one server's, where the client goes on
 * with that of a request.
 */
async function stream(
  context: MergedContext,
  members: readonly Member[],
  options: StreamOptions,
): Promise<undefined> {
  const { lastEventId, signal, onGranted, onEventId } = options;
  onGranted();
  const one = unmarked(lastEventId, context.shared.names);
  const only = one && context.members.get(one.server);
  if (one && only) {
    await quietly(
      streamOf(context, only, {
        ...options,
        lastEventId: one.text,
        onEventId: (id, isAlone, retryMs) => onEventId(marked(only.name, id), isAlone, retryMs),
      }),
    );
    return undefined;
  }
  const all = unmarked(lastEventId, [ALL])?.text;
  const places: Record<string, string> = { ...cursorsIn(all, context.shared.names) };
  await Promise.all(
    members.map(async (member) => {
      while (!signal.aborted) {
        const { [member.name]: from } = places;
        const { lastEventId: _, ...rest } = options;
        await quietly(
          streamOf(context, member, {
            ...rest,
            ...(from === undefined ? {} : { lastEventId: from }),
            onEventId(id, isAlone, retryMs) {
              places[member.name] = id;
              return onEventId(marked(ALL, joinedCursor(places) ?? ""), isAlone, retryMs);
            },
          }),
        );
        await sleep(AGAIN_MS, signal).catch(() => {});
      }
    }),
  );
  return undefined;
}

async function streamOf(context: MergedContext, member: Member, options: StreamOptions): Promise<void> {
  const { signal, onMessage } = options;
  const { side, connection } = member;
  if (side?.session) {
    const heard = heardBy(context, member, onMessage);
    await side.session.stream({
      ...options,
      onGranted: () => {},
      onMessage: (message) => (message.kind === "response" ? onMessage(message) : heard(message)),
    });
    return;
  }
  // A modern server is listened to where there is somebody to be told.
  if (side?.era === "modern" && context.initialized) await connection.notify(context.initialized);
  await untilAborted(signal);
}
