// What a server repeats of what it was sent, on the executable; and secrets that are mended in their file.
import { expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startBridge } from "../../support/bridge.ts";
import { homeForEachTest } from "../../support/home.ts";
import { json } from "../../support/mcp/scripted.ts";
import { INITIALIZE } from "../../support/messages.ts";
import { serveHttp } from "../../support/net/listen.ts";
import { granted, refuseToken, startScriptedWorld } from "../../support/oauth/scripted-world.ts";

const home = homeForEachTest();
const TOKEN = "t0kenSECRETabc9Qzz";
const HEADER = "hdrS3CRET-value-9Q";
const ENV = { M2MCP_CLIENT_ID: "id", M2MCP_CLIENT_SECRET: "s3cr3t-value" };

/** A server that refuses each call with this status, in words that hold what `repeats` makes of the request's headers. */
const serve = (status: number, repeats: (authorization: string, key: string) => string) =>
  startScriptedWorld({
    token: (_params, response) => json(response, { access_token: TOKEN, token_type: "Bearer" }),
    before: (request, response) => {
      const { authorization, "x-key": key } = request.headers;
      if (!authorization?.startsWith("Bearer")) return false;
      if (request.method !== "POST") {
        response.writeHead(405).end();
        return true;
      }
      const message = `you sent ${repeats(authorization, String(key))}`;
      const rpc = { jsonrpc: "2.0", id: null, error: { code: -32000, message } };
      json(response, status === 400 ? rpc : { message }, status);
      return true;
    },
  });

for (const status of [400, 401, 403, 404, 500, 503])
  for (const [form, repeats] of [
    ["as it is", (authorization: string, key: string) => `${authorization} ${key}`],
    ["in base64", (...sent: string[]) => sent.map((one) => Buffer.from(one).toString("base64")).join(" ")],
  ] as const)
    test(`what a server repeats ${form} with status ${status} is not told`, async () => {
      const { url } = home.owns(await serve(status, repeats));
      const header = ["--header", `X-Key: ${HEADER}`];
      const { stdout, stderr } = await home.run(["tools-list", url, ...header, "--verbose"], { env: ENV });
      const bridge = home.owns(startBridge(home, [url, ...header], { env: ENV }));
      bridge.say(INITIALIZE);
      const answer = await bridge.answer(1);
      const told = [stdout, stderr, JSON.stringify(answer)].join("\n");
      expect(told).toContain("you sent");
      for (const secret of [TOKEN, HEADER, Buffer.from(`Bearer ${TOKEN}`).toString("base64").slice(8, 24)])
        expect(told).not.toContain(secret);
    });

test("what a redirect's address repeats is not told, of either server", async () => {
  const [status, where] = [302, "https://elsewhere.example/sign-in"];
  const to = (location: string) => ({ location });
  const refused = async (world: Parameters<typeof startScriptedWorld>[0]) => {
    const { url } = home.owns(await startScriptedWorld(world));
    return (await home.run(["tools-list", url], { env: ENV })).stderr;
  };
  const byIssuer = await refused({
    token: (_params, response) =>
      response.writeHead(status, to(`${where}/${ENV.M2MCP_CLIENT_SECRET}/x`)).end(),
  });
  const byServer = await refused({
    token: (_params, response) => json(response, { access_token: TOKEN, token_type: "Bearer" }),
    before: ({ headers: { authorization = "" } }, response) => {
      if (!authorization.startsWith("Bearer")) return false;
      response.writeHead(status, to(`${where}/${authorization.split(" ")[1]}`)).end();
      return true;
    },
  });
  expect(byIssuer).toContain(`redirects to ${where}/…/x`);
  expect(byServer).toContain(`redirects to ${where}/…; credentials`);
  expect(byServer).not.toContain(TOKEN);
});

test("a header's value that an open server repeats is not told", async () => {
  const { origin } = home.owns(
    await serveHttp((request, response) => json(response, { message: `${request.headers["x-key"]}?` }, 500)),
  );
  const { stderr } = await home.run(["tools-list", `${origin}/mcp`, "--header", `X-Key: ${HEADER}`]);
  expect(stderr).toContain("500: …?");
});

test("a secret that was mended in its file is tried at once", async () => {
  const path = join(home.folder, "secret");
  let isRefusing = true;
  const { url, tokenRequests } = home.owns(
    await startScriptedWorld({
      token: (params, response, request) =>
        isRefusing ? refuseToken(response, "invalid_client", "", 401) : granted()(params, response, request),
    }),
  );
  const env = { M2MCP_CLIENT_ID: "id", M2MCP_CLIENT_SECRET_FILE: path };
  const run = async () => (await home.run(["tools-list", url], { env })).code;
  writeFileSync(path, "wrong-secret");
  expect([await run(), await run(), tokenRequests.length]).toEqual([4, 4, 1]);
  isRefusing = false;
  writeFileSync(path, "right-secret!");
  expect(await run()).toBe(0);
});
