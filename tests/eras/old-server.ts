// A legacy server for modern clients: it keeps a session and a GET stream, and notes what a client answers and tells it.
import type { ServerResponse } from "node:http";
import { type Asked, refuse, reply, type Scripted, stream } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";

export const INFO = { name: "old", version: "1" };

export interface OldServer extends Scripted {
  capabilities: object;
  /** What answers a method; a method without one gets an empty result. */
  methods: Record<string, (asked: Asked) => unknown>;
  /** What the client answered to the server's questions. */
  answers: Asked[];
  notified: Asked[];
  /** The GET stream. */
  listening: ServerResponse | undefined;
}

export async function startOldServer(): Promise<OldServer> {
  const empty = (asked: Asked) => reply(asked, {});
  const serving = await startLegacyServer(
    (asked, response) => {
      if (asked.http === "GET") old.listening = stream(response);
      else (old.methods[asked.method] ?? empty)(asked);
    },
    {
      handshake: {
        serverInfo: INFO,
        "example.com/more": 1,
        get capabilities() {
          return old.capabilities;
        },
      },
      before(asked) {
        if (asked.http !== "POST" || asked.method === "initialize") return false;
        if (asked.session !== undefined) {
          if (asked.method === "") old.answers.push(asked);
          else if (asked.id === undefined) old.notified.push(asked);
          return false;
        }
        refuse(asked, 400, { code: -32000, message: "no session" });
        return true;
      },
    },
  );
  const old: OldServer = {
    ...serving,
    capabilities: {
      tools: {},
      resources: { subscribe: true },
      prompts: { listChanged: true },
      logging: {},
    },
    methods: {},
    answers: [],
    notified: [],
    listening: undefined,
  };
  return old;
}
