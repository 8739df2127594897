import { isObject, type JsonObject, objectOf } from "../../json.ts";
import type { Ids } from "../jsonrpc/id.ts";
import { notification, request } from "../jsonrpc/message.ts";
import { asRefused, errorIn, type Refused, refused } from "../protocol/answer.ts";
import type { Endpoint, ServerEra } from "../protocol/endpoint.ts";
import { noCommonVersion } from "../protocol/errors.ts";
import type { ClientIdentity } from "../protocol/meta.ts";
import type { OnMessage, Transport } from "../protocol/transport.ts";
import { judge } from "../protocol/verdict.ts";
import { LEGACY_VERSION, LEGACY_VERSIONS, UNSUPPORTED_VERSION } from "../protocol/versions.ts";

export interface HandshakeOptions {
  endpoint: Pick<Endpoint, "protocol" | "log">;
  era: ServerEra;
  ids: Ids;
  client: ClientIdentity;
  signal: AbortSignal;
  onMessage: OnMessage;
}

/**
 * The handshake in our own name (MCP 2025-11-25 "Initialization"): in the version that the user insists on, else in the
 * latest, or in those that the server names when it refuses that.
 *
 * @returns the server's result, whose `protocolVersion` is agreed; or its refusal
 * @throws M2mcpError when there is no version in common (exit 2), and what the transport throws
 */
export async function handshake(
  transport: Transport,
  { endpoint, era, ids, client, signal, onMessage }: HandshakeOptions,
): Promise<{ kind: "initialized"; result: JsonObject; version: string } | Refused> {
  const pinned = endpoint.protocol;
  const versions = [pinned ?? LEGACY_VERSION];
  let first: Refused | undefined;
  // Versions are added while the server refuses; each is asked for once.
  for (const version of versions) {
    const message = request(ids.next(), "initialize", {
      protocolVersion: version,
      capabilities: objectOf(client.capabilities),
      clientInfo: isObject(client.clientInfo) ? client.clientInfo : { name: "m2mcp", version: "0" },
    });
    const answer = await transport.request({ message, signal, onMessage });
    if (answer.kind === "response" && !errorIn(answer)) {
      const result = answer.message.result ?? {};
      const agreed = String(result.protocolVersion);
      const verdict = judge({ era, method: "initialize" }, answer);
      if (verdict.kind === "other_era") return first ?? asModern(agreed);
      const ours = pinned === undefined ? LEGACY_VERSIONS : [pinned];
      if (!ours.includes(agreed)) throw noCommonVersion(ours, [agreed]);
      await transport.notify(notification("notifications/initialized"));
      return { kind: "initialized", result, version: agreed };
    }
    first ??= asRefused(answer);
    const verdict = pinned === undefined ? judge({ era, method: "initialize", version }, answer) : undefined;
    if (verdict?.kind === "other_version")
      for (const other of verdict.versions) if (!versions.includes(other)) versions.push(other);
  }
  return first ?? refused(400);
}

/** A server that agrees to a modern version without a handshake refuses this one. */
export const asModern = (agreed: unknown): Refused =>
  refused(200, {
    code: UNSUPPORTED_VERSION,
    message: `the server speaks ${agreed}`,
    data: { supported: [agreed] },
  });
