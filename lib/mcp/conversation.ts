import { M2mcpError } from "../errors.ts";
import { type ErrorAnswer, rpcErrorOf } from "./answers.ts";
import {
  clientEra,
  judgeInitialize,
  judgeModern,
  LEGACY_VERSION,
  LEGACY_VERSIONS,
  MODERN_VERSIONS,
} from "./era.ts";
import { createHttpSseRoad } from "./http-sse.ts";
import { createLegacySession } from "./legacy.ts";
import { createLegacyToModern } from "./legacy-to-modern.ts";
import type { NotificationMessage, RequestMessage, ResponseMessage } from "./messages.ts";
import { createModernRoad, discover } from "./modern-road.ts";
import { createModernToLegacy } from "./modern-to-legacy.ts";
import type { Deliver, Road } from "./road.ts";
import type { Endpoint, ServerMemory } from "./types.ts";

type ServerEra = NonNullable<ServerMemory["era"]>;

/** A road that was taken, or the refusal that left it open which to take. */
type Opening = { road: Road; failure?: ErrorAnswer } | { failure: ErrorAnswer };

/**
 * The road that suits both ends, found by the client's first request: the client's era is in the request, the
 * server's is remembered, pinned, or shows in its answer. A remembered era that turns out wrong is replaced.
 */
export function createConversation(endpoint: Endpoint, toClient: Deliver): Road {
  let road: Promise<Road> | undefined;
  /** The road that the first request is trying. */
  let candidate: Road | undefined;
  /** Called with the first message from the server. */
  let heard: (() => void) | undefined;
  let remembering: Promise<void> = Promise.resolve();

  const deliver: Deliver = (message) => {
    heard?.();
    return toClient(message);
  };

  const roadFor = {
    legacy: {
      legacy: () => createLegacySession(endpoint, deliver),
      modern: () => createLegacyToModern(endpoint, deliver),
      sse: () => createHttpSseRoad(endpoint, deliver),
    },
    modern: {
      legacy: () => createModernToLegacy(endpoint, deliver, (to) => createLegacySession(endpoint, to)),
      modern: () => createModernRoad(endpoint, deliver),
      sse: () => createModernToLegacy(endpoint, deliver, (to) => createHttpSseRoad(endpoint, to)),
    },
  };

  /** Where to try next after a refusal; undefined when the refusal tells nothing of the era. */
  function nextEra(
    tried: ServerEra,
    client: "legacy" | "modern",
    failure: ErrorAnswer,
  ): ServerEra | undefined {
    if (endpoint.protocol !== undefined) return undefined;
    if (tried === "modern") return judgeModern(failure) === "legacy" ? "legacy" : undefined;
    const verdict = judgeInitialize(failure);
    if (verdict === "modern") return "modern";
    if (tried === "legacy" && verdict === "maybe-sse") return "sse";
    return tried === "sse" && client === "legacy" ? undefined : undefined;
  }

  /** @param decide may be called before the first request is answered: others need not wait for it then */
  async function open(first: RequestMessage, decide: (road: Road) => void): Promise<Opening> {
    const client = clientEra(first);
    const remembered = await endpoint.memory.read().catch(() => undefined);
    const known = pinnedEra(endpoint.protocol) ?? remembered?.era;
    // A client that skips the handshake gets no probe: its request may be all it wants.
    if (client === "legacy" && first.method !== "initialize") {
      const plain = roadFor.legacy[known ?? "legacy"]();
      return withFailure(plain, await plain.request(first));
    }
    let era: ServerEra = known ?? client;
    const tried = new Set<ServerEra>();
    let firstFailure: ErrorAnswer | undefined;
    for (;;) {
      tried.add(era);
      const trying = roadFor[client][era]();
      candidate = trying;
      // A modern server's first word, in answer to a modern request, shows that it is one.
      let settled = false;
      const settle = () => {
        if (settled) return;
        settled = true;
        decide(trying);
        if (remembered?.era !== era && endpoint.protocol === undefined)
          remembering = remember(era, remembered);
      };
      heard = client === "modern" ? settle : undefined;
      // Of an unknown server a modern client's request tells too little; its own probe is told apart.
      const probe =
        client === "modern" && era === "modern" && known === undefined && first.method !== "server/discover";
      let failure = probe ? await discover(endpoint, first) : undefined;
      const probed = probe && failure === undefined;
      if (client === "modern" && (probed || endpoint.protocol !== undefined)) settle();
      if (!probe || probed) failure = await trying.request(pinned(first, endpoint.protocol));
      if (failure === undefined) {
        settle();
        return { road: trying };
      }
      if (settled) return withFailure(trying, failure);
      firstFailure ??= failure;
      const next = nextEra(era, client, failure);
      if (next === undefined || tried.has(next)) {
        await trying.close();
        return { failure: era === "sse" ? firstFailure : failure };
      }
      endpoint.log(`the server is not of the ${era} era: trying ${next}`);
      trying.close().catch(() => {});
      era = next;
    }
  }

  async function remember(era: ServerEra, old: ServerMemory | undefined): Promise<void> {
    const { session: _session, ...rest } = old ?? {};
    await endpoint.memory.write({ ...rest, era }).catch(() => {});
  }

  return {
    async request(message) {
      while (road) {
        // Where the first request was cancelled, the next takes its place.
        const opened = await road.catch((error: unknown) => {
          if (error instanceof M2mcpError || error instanceof RefusedOpening) throw error;
          return undefined;
        });
        if (opened) return opened.request(message);
      }
      let settled = false;
      let decided: (road: Road) => void = () => {};
      let undecided: (reason: unknown) => void = () => {};
      road = new Promise<Road>((resolve, reject) => {
        decided = resolve;
        undecided = reject;
      });
      // Those who wait get the same failure; nobody waiting is no fault.
      road.catch(() => {});
      const decide = (to: Road) => {
        settled = true;
        heard = undefined;
        candidate = undefined;
        decided(to);
      };
      try {
        const opening = await open(message, decide);
        if ("road" in opening) decide(opening.road);
        else if (!settled) {
          road = candidate = undefined;
          undecided(new RefusedOpening(opening.failure));
        }
        return opening.failure;
      } catch (error) {
        if (!settled) {
          road = candidate = undefined;
          undecided(error);
        }
        throw error;
      }
    },
    async notify(message: NotificationMessage) {
      // It may be the first request that is cancelled: then nothing else would decide the road.
      if (message.method === "notifications/cancelled" && candidate) return candidate.notify(message);
      // Awaited in the same way as by requests, so that the order of the lines is kept.
      let to: Road | undefined;
      try {
        to = await road;
      } catch {
        return;
      }
      await to?.notify(message);
    },
    async respond(message: ResponseMessage) {
      await road?.then((to) => to.respond(message)).catch(() => {});
    },
    async close() {
      const opened = road;
      // One that is still being opened ends with the process.
      await Promise.race([
        Promise.all([opened?.then((to) => to.close()).catch(() => {}), remembering]),
        opened ? later(1000) : undefined,
      ]);
    },
  };
}

/** The first request was refused, so those that waited for it cannot go out either. */
export class RefusedOpening extends Error {
  readonly answer: ErrorAnswer;
  constructor(answer: ErrorAnswer) {
    super("the server refused the first request");
    this.answer = answer;
  }
  toRpcError(url: string) {
    return rpcErrorOf(this.answer, url);
  }
}

const withFailure = (road: Road, failure: ErrorAnswer | undefined): Opening =>
  failure ? { road, failure } : { road };

const pinnedEra = (version: string | undefined): ServerEra | undefined =>
  version === undefined ? undefined : MODERN_VERSIONS.includes(version) ? "modern" : "legacy";

/** A legacy handshake asks for the version that the user pinned. */
function pinned(first: RequestMessage, version: string | undefined): RequestMessage {
  if (version === undefined || first.method !== "initialize" || !LEGACY_VERSIONS.includes(version))
    return first;
  if (first.params.protocolVersion === (version ?? LEGACY_VERSION)) return first;
  const params = { ...first.params, protocolVersion: version };
  return {
    ...first,
    params,
    text: JSON.stringify({ jsonrpc: "2.0", id: first.id, method: first.method, params }),
  };
}

const later = (delayMs: number) => new Promise<void>((resolve) => setTimeout(resolve, delayMs));
