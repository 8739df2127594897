import { EMBEDDED } from "../runtime/embedded.ts";
import { addonNotLoadable } from "./keyring-failure.ts";
import { findSessionBus } from "./session-bus.ts";
import { type Unpacked, unpackings } from "./unpack.ts";
import type { KeyringAnswer, KeyringRequest } from "./worker.ts";

type Variables = Record<string, string | undefined>;

/** A locked keyring may wait for a person who is not there. */
const LIMIT_MS = 4000;

type State =
  | { kind: "ready" }
  /** A call was given up; its thread may be blocked for ever, so that no other one is started beside it. */
  | { kind: "silent"; reason: string };

/** Asks the OS keyring; rejects with what it says. */
export type AskKeyring = (request: KeyringRequest) => Promise<string | null>;

/** What asks the OS keyring: Secret Service, macOS Keychain or Windows Credential Manager. */
export function createAskKeyring(env: Variables): AskKeyring {
  let state: State = { kind: "ready" };

  return async function ask(request: KeyringRequest): Promise<string | null> {
    if (state.kind === "silent") throw new Error(state.reason);
    const whole = { ...request, ...(await busOf(env)) };
    const ways = EMBEDDED.addon === undefined ? [() => null] : unpackings(EMBEDDED.addon, env);
    for (const unpack of ways) {
      const answer = await inThread(whole, unpack, (next) => {
        state = next;
      });
      if (answer.kind === "done") return answer.secret;
      if (answer.kind === "failed") throw new Error(explained(answer.reason));
    }
    throw addonNotLoadable(process.platform);
  };
}

async function busOf(env: Variables): Promise<{ busAddress?: string }> {
  if (process.platform !== "linux") return {};
  const bus = await findSessionBus(env, process.getuid?.() ?? 0);
  if (bus.kind === "none") throw new Error(bus.reason);
  return env.DBUS_SESSION_BUS_ADDRESS ? {} : { busAddress: bus.address };
}

/**
 * Asks the add-on in a thread of its own, which ends with its answer. No answer in time is one too; what comes later
 * only shows that the keyring answers again.
 *
 * @param unpack gives an embedded add-on to the loader; null where the package finds its own
 */
function inThread(
  request: KeyringRequest,
  unpack: () => Unpacked | null,
  become: (state: State) => void,
): Promise<KeyringAnswer> {
  // The literal address lets the executable's build find it.
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  let addon: Unpacked | null;
  try {
    // While the thread begins.
    addon = unpack();
  } catch {
    worker.terminate();
    return Promise.resolve({ kind: "not loadable" });
  }
  return new Promise((resolve) => {
    const late = setTimeout(() => {
      const reason = `it gave no answer within ${LIMIT_MS / 1000} s`;
      become({ kind: "silent", reason });
      resolve({ kind: "failed", reason });
    }, LIMIT_MS);
    const end = (answer: KeyringAnswer) => {
      clearTimeout(late);
      worker.terminate();
      addon?.close();
      become({ kind: "ready" });
      resolve(answer);
    };
    worker.onmessage = ({ data }: MessageEvent<KeyringAnswer>) => end(data);
    worker.onerror = ({ message }) => end({ kind: "failed", reason: message });
    if (addon === null) return worker.postMessage(request);
    const { path, folder } = addon;
    worker.postMessage({ ...request, addon: { path, ...(folder ? { folder } : {}) } });
  });
}

/** What the add-on says, in words for who has never heard of a Secret Service. */
function explained(message: string): string {
  const [first = ""] = message.split("\n");
  if (/prompt was dismissed/i.test(first)) return "it is locked, and nobody is there to unlock it";
  if (/no result found/i.test(first)) return "it has no keyring that is unlocked";
  if (/did not receive a reply/i.test(first)) return "it gives no answer";
  return (
    first.replace(/^(Couldn't access platform storage|Platform failure|Secret Service): /g, "") || "unknown"
  );
}
