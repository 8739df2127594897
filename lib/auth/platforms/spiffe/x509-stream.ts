import { M2mcpError } from "../../../failure.ts";
import { noSvid } from "./errors.ts";
import { x509SvidRequest } from "./messages.ts";
import { endpointFrom, followX509 } from "./workload-api.ts";
import { identityIn, type X509Identity } from "./x509-identity.ts";

/** What a stream of X.509-SVIDs is given from outside. */
export interface StreamMeans {
  env: Record<string, string | undefined>;
  /** Until the first SVID is there, in ms. */
  timeoutMs: number;
  /** One line for a person; never a secret. */
  log(line: string): void;
}

/** What is told of a stream. */
interface Events {
  /** Each SVID, the first one too. */
  onSvid(svid: X509Identity): void;
  /** The stream had given an SVID, and has ended. */
  onLost(failure: M2mcpError): void;
}

const KIND = "X.509-SVID";

/**
 * Opens one stream of the Workload API, and waits for its first SVID.
 *
 * @returns what ends it, after which nothing more is told
 * @throws M2mcpError no_identity where none comes in time
 */
export async function openStream(
  identity: string | undefined,
  { env, timeoutMs }: StreamMeans,
  { onSvid, onLost }: Events,
): Promise<() => void> {
  const endpoint = endpointFrom(env, KIND);
  let state: "opening" | "giving" | "over" = "opening";
  let stop = () => {};
  let settle = (_?: M2mcpError) => {};
  const first = new Promise<void>((resolve, reject) => {
    settle = (failure) => (failure ? reject(failure) : resolve());
  });
  const end = (failure: M2mcpError) => {
    const was = state;
    state = "over";
    stop();
    if (was === "giving") onLost(failure);
    else settle(failure);
  };
  const onMessage = (message: Uint8Array) => {
    if (state === "over") return;
    try {
      onSvid(identityIn(message, identity));
      state = "giving";
      settle();
    } catch (error) {
      if (!(error instanceof M2mcpError)) throw error;
      end(error);
    }
  };
  const late = noSvid(
    KIND,
    `${endpoint.place} gave none within ${timeoutMs / 1000} s`,
    "look at the agent's log",
  );
  const timer = setTimeout(() => end(late), timeoutMs);
  try {
    const call = { kind: KIND, endpoint, request: x509SvidRequest() } as const;
    stop = await followX509(call, { onMessage, onEnd: (failure) => state === "over" || end(failure) });
    await first;
    return () => {
      state = "over";
      stop();
    };
  } finally {
    clearTimeout(timer);
  }
}
