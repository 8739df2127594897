import { describe, expect, test } from "bun:test";
import { createIds } from "../../../lib/mcp/jsonrpc/id.ts";
import { errorResponse, resultResponse } from "../../../lib/mcp/jsonrpc/message.ts";
import { handshake } from "../../../lib/mcp/legacy/initialize.ts";
import { type Answer, answered, refused } from "../../../lib/mcp/protocol/answer.ts";
import type { ClientIdentity } from "../../../lib/mcp/protocol/meta.ts";
import type { Transport } from "../../../lib/mcp/protocol/transport.ts";

type Say = (version: string, id: string) => Answer;

/** A handshake at a server that answers each version as `say` has it. */
async function shake(
  say: Say,
  {
    protocol,
    client = { clientInfo: undefined, capabilities: undefined },
  }: { protocol?: string; client?: ClientIdentity } = {},
) {
  const asked: unknown[] = [];
  const told: string[] = [];
  const params: unknown[] = [];
  const transport: Transport = {
    async request({ message }) {
      asked.push(message.params.protocolVersion);
      params.push(message.params);
      return say(String(message.params.protocolVersion), message.id);
    },
    notify: async ({ method }) => void told.push(method),
    async respond() {},
    async close() {},
  };
  const outcome = await handshake(transport, {
    endpoint: { log() {}, ...(protocol === undefined ? {} : { protocol }) },
    era: "legacy",
    ids: createIds(),
    client,
    signal: new AbortController().signal,
    onMessage: async () => {},
  }).catch((error: unknown) => error);
  return { asked, told, params, outcome };
}
const agrees = (id: string, protocolVersion: string) =>
  answered(resultResponse(id, { protocolVersion, capabilities: {} }));
const refuses = (id: string, message: string, data?: unknown) =>
  answered(errorResponse(id, { code: -32602, message, ...(data === undefined ? {} : { data }) }));

describe("a handshake of our own", () => {
  test("asks for the latest version, once, and says that it is done", async () => {
    const { asked, told, outcome } = await shake((version, id) => agrees(id, version));
    expect({ asked, told }).toEqual({ asked: ["2025-11-25"], told: ["notifications/initialized"] });
    expect(outcome).toMatchObject({ kind: "initialized", version: "2025-11-25" });
  });

  test("takes an older version that the server names", async () => {
    const { outcome } = await shake((_version, id) => agrees(id, "2024-11-05"));
    expect(outcome).toMatchObject({ kind: "initialized", version: "2024-11-05" });
  });

  test("gives what the client says of itself, or our own name", async () => {
    const known = { clientInfo: { name: "host", version: "9" }, capabilities: { roots: {} } };
    const { params } = await shake((version, id) => agrees(id, version), { client: known });
    expect(params[0]).toMatchObject(known);
    const unknown = await shake((version, id) => agrees(id, version));
    expect(unknown.params[0]).toMatchObject({ capabilities: {}, clientInfo: { name: "m2mcp" } });
  });

  test("fails where the server agrees to a version that nobody here knows", async () => {
    for (const theirs of ["2023-01-01", "2027-01-01", "undefined"]) {
      const { outcome, told } = await shake((_version, id) => agrees(id, theirs));
      expect(outcome).toMatchObject({ code: "protocol_version" });
      expect(told).toEqual([]);
    }
  });

  test("is refused in the words of the modern era by a server that agrees to that", async () => {
    const { outcome } = await shake((_version, id) => agrees(id, "2026-07-28"));
    expect(outcome).toMatchObject({
      kind: "refused",
      error: { code: -32022, data: { supported: ["2026-07-28"] } },
    });
  });
});

describe("a version that is refused", () => {
  const only =
    (wanted: string, say: (id: string) => Answer): Say =>
    (version, id) =>
      version === wanted ? agrees(id, version) : say(id);
  test.each([
    ["in data.supported", (id: string) => refuses(id, "no", { supported: ["2025-06-18"] })],
    [
      "in data.expected",
      (id: string) => refuses(id, "Unsupported protocol version", { expected: "2025-06-18" }),
    ],
    ["in data.supportedVersions", (id: string) => refuses(id, "no", { supportedVersions: ["2025-06-18"] })],
    ["in words", (id: string) => refuses(id, "Unsupported protocol version: expected 2025-06-18")],
  ] as const)("is followed by the one that is named %s", async (_where, say) => {
    const { asked, outcome } = await shake(only("2025-06-18", say));
    expect(asked).toEqual(["2025-11-25", "2025-06-18"]);
    expect(outcome).toMatchObject({ kind: "initialized", version: "2025-06-18" });
  });

  test("in words that name none is followed by the older ones in turn", async () => {
    const { asked, outcome } = await shake(
      only("2024-11-05", (id) => refuses(id, "Invalid protocol version")),
    );
    expect(asked).toEqual(["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"]);
    expect(outcome).toMatchObject({ version: "2024-11-05" });
  });

  test("is asked for once, however the server goes round, and its first refusal is told", async () => {
    const { asked, outcome } = await shake((version, id) =>
      refuses(id, `not ${version}`, { supported: ["2025-11-25", "2025-06-18", "2025-03-26"] }),
    );
    expect(asked).toEqual(["2025-11-25", "2025-06-18", "2025-03-26"]);
    expect(outcome).toMatchObject({ kind: "refused", error: { message: "not 2025-11-25" } });
  });

  test("for another reason is told at once", async () => {
    for (const answer of [
      (id: string) => refuses(id, "clientInfo is missing"),
      () => refused(503),
      () => refused(404),
    ]) {
      const { asked, outcome } = await shake((_version, id) => answer(id));
      expect(asked).toHaveLength(1);
      expect(outcome).toMatchObject({ kind: "refused" });
    }
  });
});

describe("a version that the user insists on", () => {
  test("is asked for alone, whatever the server says", async () => {
    const { asked, outcome } = await shake((_version, id) => refuses(id, "Invalid protocol version"), {
      protocol: "2025-03-26",
    });
    expect(asked).toEqual(["2025-03-26"]);
    expect(outcome).toMatchObject({ kind: "refused" });
  });
  test("is what the server must agree to", async () => {
    const { outcome } = await shake((_version, id) => agrees(id, "2025-11-25"), { protocol: "2025-03-26" });
    expect(outcome).toMatchObject({ code: "protocol_version" });
  });
});
