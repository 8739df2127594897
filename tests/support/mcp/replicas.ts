// A balancer over three replicas of one legacy server. Each keeps its sessions to itself; now and then one forgets them, or
// is restarted, as in a rolling deployment: what it has begun it ends, and the others take what comes meanwhile.
import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { Random } from "../random.ts";
import { sleep } from "../waiting.ts";
import {
  type Asked,
  event,
  json,
  refuse,
  reply,
  type Script,
  type Scripted,
  says,
  serveScript,
  stream,
} from "./scripted.ts";

/** How servers say that they do not know a session. */
export const WAYS_TO_REFUSE: Record<string, (asked: Asked) => void> = {
  "404": ({ response }) => response.writeHead(404).end(),
  "404, -32001 Session not found": (asked) =>
    refuse({ ...asked, id: null }, 404, { code: -32001, message: "Session not found" }),
  "404, { detail }": ({ response }) => json(response, { detail: "Session not found" }, 404),
  "400, -32000 Bad Request": (asked) =>
    refuse({ ...asked, id: null }, 400, { code: -32000, message: "Bad Request" }),
  "400, -32000 No valid session ID": (asked) =>
    refuse(asked, 400, { code: -32000, message: "Bad Request: No valid session ID provided" }),
  "400, text": ({ response }) =>
    response.writeHead(400, { "content-type": "text/plain" }).end("Session not found"),
  "200, -32001 Session not found": (asked) =>
    refuse(asked, 200, { code: -32001, message: "Session not found" }),
  "500, session not found": ({ response, session }) =>
    json(response, { error: `session ${session} not found` }, 500),
  "401 without challenge, session": ({ response }) =>
    json(response, { error: "Session expired or unknown" }, 401),
  "422, text": ({ response }) =>
    response.writeHead(422, { "content-type": "text/plain" }).end("unknown Mcp-Session-Id"),
};

interface Replica {
  name: string;
  isDown: boolean;
}
interface Session {
  replica: Replica;
  /** Name of the client that opened it. */
  client: string;
  /** How it is refused, once it is lost. */
  lost?: (asked: Asked) => void;
  streams: Set<ServerResponse>;
}

export interface Replicas extends Scripted {
  /** How often each number was given to the tool `once`, which may not be called twice. */
  once: Map<number, number>;
  /** How often a session of a client was lost, by the client's name. */
  losses: Map<string, number>;
  /** The ways in which sessions of a client were refused. */
  refused: Map<string, Set<string>>;
}

const TOOLS = [
  { name: "look", inputSchema: { type: "object" }, annotations: { readOnlyHint: true } },
  { name: "once", inputSchema: { type: "object" } },
];
/** How long a restart takes, in ms. */
const DOWN_MS = 150;

/** @param lossEvery after how many calls of a client, by its name, its session is lost */
export async function startReplicas(
  random: Random,
  lossEvery: (client: string) => number,
): Promise<Replicas> {
  const replicas: Replica[] = ["a", "b", "c"].map((name) => ({ name, isDown: false }));
  const sessions = new Map<string, Session>();
  const calls = new Map<string, number>();
  const [once, losses, refused]: [Replicas["once"], Replicas["losses"], Replicas["refused"]] = [
    new Map(),
    new Map(),
    new Map(),
  ];
  const ways = Object.entries(WAYS_TO_REFUSE);

  /** One that the client has not met yet; any, when it has met them all. */
  function refusalFor(client: string): (asked: Asked) => void {
    const met = refused.get(client) ?? new Set();
    refused.set(client, met);
    const [way, refusal] = ways.find(([name]) => !met.has(name)) ?? ways[random.below(ways.length)] ?? [];
    return (asked) => {
      met.add(way ?? "");
      refusal?.(asked);
    };
  }

  /** Loses sessions; those of one client, or all of its replica where that is restarted. */
  function lose({ replica, client }: Session): void {
    losses.set(client, (losses.get(client) ?? 0) + 1);
    const restarts = random.below(2) === 0;
    for (const session of sessions.values()) {
      if (session.lost || session.replica !== replica || (!restarts && session.client !== client)) continue;
      session.lost = refusalFor(session.client);
      if (restarts) for (const open of session.streams) open.end();
    }
    if (!restarts) return;
    replica.isDown = true;
    setTimeout(() => {
      replica.isDown = false;
    }, DOWN_MS);
  }

  function open(asked: Asked): void {
    const up = replicas.filter(({ isDown }) => !isDown);
    const replica = up[random.below(up.length)] ?? replicas[0];
    if (!replica) return;
    const id = `${replica.name}-${randomUUID()}`;
    sessions.set(id, { replica, client: asked.params.clientInfo.name, streams: new Set() });
    asked.response.setHeader("mcp-session-id", id);
    reply(asked, {
      protocolVersion: "2025-11-25",
      capabilities: { tools: { listChanged: true } },
      serverInfo: { name: "replicas", version: "1" },
    });
  }

  async function call(asked: Asked, session: Session): Promise<void> {
    const count = (calls.get(session.client) ?? 0) + 1;
    calls.set(session.client, count);
    if (count % lossEvery(session.client) === 0) lose(session);
    const { name, arguments: args } = asked.params;
    if (name === "once") once.set(args.n, (once.get(args.n) ?? 0) + 1);
    await sleep(random.below(20));
    const result = says(`said ${args.n}`);
    if (random.below(2) === 0) return reply(asked, result);
    event(stream(asked.response), { id: asked.id, result });
    asked.response.end();
  }

  const answer: Script = (asked, response) => {
    if (asked.method === "initialize") return open(asked);
    const session = sessions.get(asked.session ?? "");
    if (!session) return refuse(asked, 400, { code: -32000, message: "Bad Request: Server not initialized" });
    if (session.lost) return session.lost(asked);
    if (asked.http === "DELETE") {
      sessions.delete(asked.session ?? "");
      return response.writeHead(200).end();
    }
    if (asked.http === "GET") {
      session.streams.add(stream(response));
      return response.on("close", () => session.streams.delete(response));
    }
    if (asked.id === undefined || asked.method === "") return response.writeHead(202).end();
    if (asked.method === "tools/call") return call(asked, session);
    return reply(asked, asked.method === "tools/list" ? { tools: TOOLS } : {});
  };
  return { ...(await serveScript(answer)), once, losses, refused };
}
