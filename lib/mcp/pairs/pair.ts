// A client of one era with a server of another, or of the same: for each pair, the transport that suits both ends.
import type { Ids } from "../jsonrpc/id.ts";
import { createHttpSse } from "../legacy/http-sse/http-sse.ts";
import { createLegacySession, type LegacySessionOptions } from "../legacy/session.ts";
import { withLastingListen } from "../modern/lasting-listen.ts";
import { createStatelessHttp } from "../modern/stateless-http.ts";
import type { Endpoint, SavedSession, ServerEra } from "../protocol/endpoint.ts";
import type { OwnIdentity } from "../protocol/meta.ts";
import type { OnMessage } from "../protocol/transport.ts";
import { withDeclarations } from "./declarations.ts";
import type { EraTransport, SessionTransport } from "./era-transport.ts";
import { createLegacyOnModern } from "./legacy-on-modern/legacy-on-modern.ts";
import { createModernOnLegacy } from "./modern-on-legacy/modern-on-legacy.ts";
import { ownToLegacy, ownToModern } from "./own-client.ts";
import { legacyToLegacy, modernToModern } from "./same-era.ts";

/** In which era requests come: a client's, as its first request shows, or `own`, which are sent in the server's. */
export type ClientEra = "legacy" | "modern" | "own";

export interface EraOptions {
  endpoint: Endpoint;
  ids: Ids;
  onMessage: OnMessage;
  /** Who asks, where the requests are our own. */
  client: OwnIdentity;
  /** A session that an earlier process has left open. */
  resumed: SavedSession | undefined;
  onOpened(era: ServerEra, session: SavedSession | undefined, version: string): void;
  /** The client may go on at another process. */
  shared?: boolean;
  /** What it said of itself at another process. */
  handshake?: LegacySessionOptions["handshake"];
  /** What it has set, there too. */
  settings?: LegacySessionOptions["settings"];
}

/** The transport from a client of one era to a server of another: one of the nine pairs. */
export function transportFor(client: ClientEra, era: ServerEra, options: EraOptions): EraTransport {
  if (!options.shared) return pairOf(client, era, options);
  if (client === "legacy" && era === "legacy") return sharedSession(options);
  let opened: SessionTransport | undefined;
  const transport = pairOf(client, era, options, (session) => {
    opened ??= session;
  });
  let keepsSession = era === "sse";
  const side = {
    era,
    isHeldHere: client === "legacy" || era !== "modern",
    keepsSession() {
      // A session that is just lost is opened again.
      keepsSession ||= opened?.current()?.id !== undefined;
      return keepsSession;
    },
    rest: () => transport.rest?.(),
  };
  return Object.assign(transport, { side });
}

/** A session that other processes carry too: what it says besides is brought to whoever asks for a stream. */
function sharedSession({ endpoint, ids, onMessage, resumed, handshake, settings }: EraOptions): EraTransport {
  const session = createLegacySession({
    endpoint,
    ids,
    onMessage,
    listens: false,
    shared: true,
    ...(resumed ? { resumed } : {}),
    ...(handshake ? { handshake } : {}),
    ...(settings ? { settings } : {}),
  });
  const transport = legacyToLegacy(withDeclarations(session, endpoint), "legacy", endpoint.protocol);
  return { ...transport, side: { era: "legacy", session, isHeldHere: false } };
}

/** @param onSession told of each session that is made */
function pairOf(
  client: ClientEra,
  era: ServerEra,
  options: EraOptions,
  onSession?: (session: SessionTransport) => void,
): EraTransport {
  const { endpoint, ids, onMessage } = options;
  const openSession = (to: OnMessage, resumed?: SavedSession) => {
    const session = sessionFor(era, {
      endpoint,
      ids,
      onMessage: to,
      ...(resumed ? { resumed, listens: false, shared: true } : {}),
    });
    onSession?.(session);
    return session;
  };
  const modern = () => withDeclarations(createStatelessHttp(endpoint, ids), endpoint);
  switch (client) {
    case "legacy":
      return era === "modern"
        ? createLegacyOnModern({
            endpoint,
            ids,
            transport: modern(),
            onMessage,
            shared: options.shared ?? false,
          })
        : legacyToLegacy(openSession(onMessage).transport, era, endpoint.protocol);
    case "modern":
      return era === "modern"
        ? modernToModern(withLastingListen(modern(), endpoint, ids), ids)
        : createModernOnLegacy({
            endpoint,
            era,
            ids,
            onMessage,
            shared: options.shared ?? false,
            openSession,
          });
    case "own":
      return era === "modern"
        ? ownToModern({ endpoint, ids, client: options.client, transport: modern() })
        : ownToLegacy({
            ...options,
            era,
            resumed: era === "legacy" ? options.resumed : undefined,
            openSession: (resumed) =>
              sessionFor(era, { endpoint, ids, onMessage, listens: false, ...(resumed ? { resumed } : {}) }),
            onOpened: (saved, version) => options.onOpened(era, saved, version),
          });
  }
}

/** A session with a server of an era before 2026-07-28. With HTTP+SSE it lives as long as its stream. */
function sessionFor(era: ServerEra, options: LegacySessionOptions): SessionTransport {
  const { endpoint } = options;
  if (era === "sse")
    return { transport: withDeclarations(createHttpSse(options), endpoint), current: () => undefined };
  const session = createLegacySession(options);
  return {
    transport: withDeclarations(session, endpoint),
    current: () => session.current(),
    hear: () => session.hear(),
    stream: (options) => session.stream(options),
  };
}
