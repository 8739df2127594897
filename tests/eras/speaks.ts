// A server of given versions.
import { type Asked, refuse, reply, type Script, says } from "../support/mcp/scripted.ts";
import { legacy } from "../support/mcp/scripted-legacy.ts";

const versionOf = ({ params }: Asked) => params?._meta?.["io.modelcontextprotocol/protocolVersion"];

/** A server that speaks only these versions of the modern era, and none of the legacy one unless one is among them. */
export function speaks(...supported: string[]): Script {
  const old = supported.find((version) => version < "2026");
  const modern: Script = (asked) => {
    const requested = versionOf(asked) ?? "none";
    if (supported.includes(requested)) return reply(asked, says("hi"));
    const data = { supported, requested };
    return refuse(asked, 400, { code: -32022, message: "Unsupported protocol version", data });
  };
  if (old === undefined) return modern;
  const answer: Script = (asked, ...more) =>
    versionOf(asked) ? modern(asked, ...more) : reply(asked, says("hi"));
  return legacy(answer, { handshake: { protocolVersion: old }, sessions: false });
}
