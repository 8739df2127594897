import type { M2mcpError } from "../../../failure.ts";
import type { X509Identity } from "./x509-identity.ts";
import { openStream, type StreamMeans } from "./x509-stream.ts";

/** The X.509-SVID of this process, as it is now. */
export interface X509Source {
  /** @throws M2mcpError no_identity until there is one; afterwards the last one stays */
  current(): Promise<X509Identity>;
  stop(): void;
}

type State =
  | { kind: "idle" }
  | { kind: "opening"; first: Promise<X509Identity> }
  | { kind: "following"; svid: X509Identity }
  /** The stream ended: the SVID is good until its end, and the stream is opened anew after a wait. */
  | { kind: "waiting"; svid: X509Identity; timer: ReturnType<typeof setTimeout> }
  | { kind: "stopped" };

const SHORTEST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;

/**
 * Follows the X.509-SVID of this process over a stream of the Workload API, which brings each rotation by itself
 * (SPIFFE Workload API §4.2, §5.2.1).
 *
 * @param identity a SPIFFE id or a hint; the default identity unless given
 */
export function x509Source(identity: string | undefined, means: StreamMeans): X509Source {
  let state: State = { kind: "idle" };
  let waitMs = SHORTEST_WAIT_MS;
  let end = () => {};

  function take(svid: X509Identity): void {
    if (state.kind === "stopped") return;
    means.log(`the SPIFFE agent gave an X.509-SVID of ${svid.spiffeId}`);
    waitMs = SHORTEST_WAIT_MS;
    state = { kind: "following", svid };
  }

  /** The last SVID stays, as agents restart; another stream is opened after a wait. */
  function lose(failure: M2mcpError): void {
    if (state.kind !== "following" && state.kind !== "waiting") return;
    means.log(`${failure.message}; asked again in ${waitMs / 1000} s`);
    const timer = setTimeout(() => void open().catch(lose), waitMs);
    // The process does not stay for it.
    timer.unref?.();
    state = { kind: "waiting", svid: state.svid, timer };
    waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS);
  }

  async function open(): Promise<void> {
    end = await openStream(identity, means, { onSvid: take, onLost: lose });
    if (state.kind === "stopped") end();
  }

  async function first(): Promise<X509Identity> {
    try {
      await open();
    } catch (error) {
      if (state.kind === "opening") state = { kind: "idle" };
      throw error;
    }
    if (state.kind === "following" || state.kind === "waiting") return state.svid;
    throw new Error("stopped");
  }

  return {
    async current() {
      if (state.kind === "following" || state.kind === "waiting") return state.svid;
      if (state.kind !== "opening") state = { kind: "opening", first: first() };
      return state.first;
    },
    stop() {
      if (state.kind === "waiting") clearTimeout(state.timer);
      state = { kind: "stopped" };
      end();
    },
  };
}
