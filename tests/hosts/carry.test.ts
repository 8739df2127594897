// What a request of a client's at `serve` comes to, and who is told of it.
import { expect, test } from "bun:test";
import { carry } from "../../lib/hosts/serve/carry.ts";
import type { Carrier, ServeContext } from "../../lib/hosts/serve/context.ts";
import { createConnection } from "../../lib/mcp/connection/connection.ts";
import { request } from "../../lib/mcp/jsonrpc/message.ts";
import { Cancellation, Detachment } from "../../lib/mcp/protocol/transport.ts";
import { createSemaphore } from "../../lib/timing/semaphore.ts";
import { legacy } from "../mcp/connection/start.ts";
import { callOf, fakeEndpoint, openStream } from "../support/mcp/fake-endpoint.ts";
import { until } from "../support/waiting.ts";

test.each([
  ["given up", new Cancellation()],
  ["left to be resumed elsewhere", new Detachment()],
] as const)("a request that is %s has not failed", async (_what, reason) => {
  const endpoint = fakeEndpoint(legacy(() => openStream()));
  const connection = createConnection({ endpoint, onMessage: async () => {} });
  const told: unknown[] = [];
  const observer = {
    asked: () => told.push("asked"),
    answered: () => told.push("answered"),
    failed: (error: unknown) => told.push(error),
  };
  const context = {
    ...{ endpoint, observer, permits: createSemaphore(1), onMessageDone() {} },
  } as unknown as ServeContext;
  const carrier: Carrier = { connection, side: undefined, underWay: 0, lastUsedMs: 0, replies: new Set() };
  await connection.request(
    callOf("initialize", { params: { protocolVersion: "2025-11-25", capabilities: {} } }),
  );
  const cancel = new AbortController();
  const carried = carry(context, carrier, request("1", "tools/call", { name: "x" }), cancel, {
    onMessage: async () => {},
  });
  await until(() => endpoint.count("tools/call") === 1);
  cancel.abort(reason);
  await connection.close("leave");
  await carried;
  expect(told).toEqual(["asked", "answered"]);
});
