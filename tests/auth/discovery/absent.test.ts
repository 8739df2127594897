// What stands at an address where POST is not answered as MCP, as doctor and discover tell it.
import { expect, test } from "bun:test";
import { diagnose } from "../../../lib/auth/diagnosis/diagnose.ts";
import { surveyAuthorization } from "../../../lib/auth/diagnosis/survey.ts";
import { probe } from "../../../lib/auth/discovery/probe.ts";
import { serveHttp } from "../../support/net/listen.ts";
import { until } from "../../support/waiting.ts";
import { memoryDeps } from "../memory-deps.ts";
import { failureOf } from "../platforms/failure-of.ts";
import { type Scripted, scriptedDeps } from "../scripted-fetch.ts";

const SERVER = "https://mcp.example/here";
const page = new Response("<html><p>Welcome</p></html>", { headers: { "content-type": "text/html" } });
const stream = () => new Response("event: endpoint\n", { headers: { "content-type": "text/event-stream" } });
/** By method, as what serves people answers. */
const at =
  (post: Scripted, get: Scripted): Scripted =>
  ({ method }: Request) =>
    method === "POST" ? post : get;

async function told(script: Record<string, Scripted>) {
  const { deps } = scriptedDeps(script);
  const { failed } = await diagnose(deps, { server: SERVER, credentials: null }, () => {});
  return failed;
}

test("an endpoint of HTTP+SSE, which knows no POST at its address, is one", async () => {
  for (const status of [404, 405]) {
    const script = { [SERVER]: at(status, stream) };
    expect(await told(script)).toBeUndefined();
    const { deps } = scriptedDeps(script);
    expect((await surveyAuthorization(deps, SERVER)).required).toBe(false);
  }
});

test("where there is none, the address that looks like one is named, as for a call", async () => {
  const likely = "https://mcp.example/mcp";
  for (const [answer, words] of [
    [404, "HTTP status 404"],
    [405, "HTTP status 405"],
    [410, "HTTP status 410"],
    [page, "a page for people"],
  ] as const) {
    const script = { [SERVER]: at(answer, answer), [likely]: 401 };
    const failed = await told(script);
    expect([failed?.code, failed?.message, failed?.hint]).toEqual([
      "not_mcp",
      `there is no MCP endpoint at ${SERVER}, which answers with ${words}`,
      `${likely} looks like one: use that address`,
    ]);
    expect((await failureOf(surveyAuthorization(scriptedDeps(script).deps, SERVER))).message).toBe(
      failed?.message ?? "",
    );
  }
});

test("a gateway that shows all paths where people sign in has no other of them taken for the endpoint", async () => {
  const signIn = () =>
    new Response("<html><title>Sign in</title><input type=password>", {
      status: 401,
      headers: { "content-type": "text/html" },
    });
  const likely = "https://mcp.example/mcp";
  const failed = await told({ [SERVER]: signIn, [likely]: signIn });
  expect([failed?.code, failed?.hint]).toEqual(["sign_in_page", expect.not.stringContaining(likely)]);
  // One that asks for a token is another thing.
  const bearer = new Response(null, { status: 401, headers: { "www-authenticate": "Bearer" } });
  expect((await told({ [SERVER]: signIn, [likely]: bearer }))?.hint).toContain(likely);
});

test("a stream of events that is left open says by its head what it is, and a refusal's words are in its first event", async () => {
  const message = { jsonrpc: "2.0", id: null, error: { code: -32001, message: "no token was sent" } };
  const met = async (status: number) => {
    const serving = await serveHttp((_request, response) => {
      response.writeHead(status, { "content-type": "text/event-stream" });
      response.write(`: hello\ndata: ${JSON.stringify(message)}\n\n`);
    });
    return probe(memoryDeps().deps, serving.origin).finally(() => serving.stop());
  };
  expect(await met(200)).toMatchObject({ isMessage: true, wantsToken: false });
  expect(await met(401)).toMatchObject({
    wantsToken: true,
    words: expect.stringContaining("no token was sent"),
  });
});

test("a refusal whose body never ends is what its head says, and the server is rid of it", async () => {
  let isGone = false;
  const serving = await serveHttp((_request, response) => {
    response.on("close", () => {
      isGone = true;
    });
    response.writeHead(401, { "www-authenticate": 'Bearer scope="a"' });
    response.write("Unauthor");
  });
  try {
    const met = await probe({ ...memoryDeps().deps, timeoutMs: 60_000 }, serving.origin);
    expect(met).toMatchObject({ wantsToken: true, challenge: { params: { scope: "a" } } });
    await until(() => isGone);
  } finally {
    serving.stop();
  }
});
