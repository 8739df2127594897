import type { JsonObject } from "../../json.ts";
import type { LegacySession } from "../legacy/session.ts";
import type { Answer, Refused } from "../protocol/answer.ts";
import type { SavedSession, ServerEra } from "../protocol/endpoint.ts";
import type { Call, Transport } from "../protocol/transport.ts";

/** What opening a transport came to. */
export type Opened =
  | {
      kind: "opened";
      /** Whether the server has answered in this era; else the era is remembered or assumed. */
      proven: boolean;
      /** It goes on in the session of an earlier process, which has no handshake here that it could be opened anew with. */
      isResumed?: boolean;
      /** The answer to the first request, where that was the question itself. */
      answer?: Answer;
      /** What the server said of itself. */
      initialized?: JsonObject;
    }
  | Refused;

/** What a client's session comes to at the server, for a host whose clients may go on at another process. */
export interface ServerSide {
  era: ServerEra;
  /** The server's own session, where another process can go on with it. */
  session?: Pick<LegacySession, "current" | "stream">;
  /** Whether what the server asks can be answered through this process alone. */
  isHeldHere: boolean;
  /** Whether the server keeps a session for what is asked through it; absent where it is as `isHeldHere`. */
  keepsSession?(): boolean;
  /** Ends what is asked of the server to hear of changes; `notifications/initialized` asks for it again. */
  rest?(): void;
}

/** The transport of a legacy session. */
export interface SessionTransport {
  transport: Transport;
  /** The session as it stands, for a later process to go on with; undefined where it ends with this one. */
  current(): SavedSession | undefined;
  /** Makes heard what the server says and asks outside of its answers, where that takes a request of its own. */
  hear?(): Promise<void>;
  /** Streams that others have begun to read; absent where there are none. */
  stream?: LegacySession["stream"];
}

/** A transport to a server of one era, in the words of the client's; made anew for each try. */
export interface EraTransport extends Transport {
  /** @see ServerSide */
  rest?(): void;
  /** Where the host's clients may go on elsewhere. */
  side?: ServerSide;
  /**
   * Does what must come before the first request, in the name of the client that sends it: the handshake, a question for
   * the era, or nothing.
   *
   * @param isKnown whether the server is remembered, or pinned by the user, to be of this era
   * @throws M2mcpError when there is no answer at all, or what is no transport of this era answers
   */
  open(first: Call, isKnown: boolean): Promise<Opened>;
}

/**
 * A transport with what opens it. Its methods are copied: those over one server are no instances of classes.
 *
 * @param request sends the requests, where that is not left to the transport
 */
export const withOpen = (
  transport: Transport,
  open: EraTransport["open"],
  request: Transport["request"] = transport.request,
): EraTransport => ({ ...transport, open, request });
