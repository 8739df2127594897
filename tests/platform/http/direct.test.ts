import { afterEach, expect, test } from "bun:test";
import { DirectFailed, requestDirectly } from "../../../lib/platform/http/direct.ts";
import { type Answer, drip, type Serving, serveHttp } from "../../support/net/listen.ts";

const servers: Serving[] = [];
afterEach(async () => {
  for (const one of servers.splice(0)) await one.stop();
});
async function serve(answer: Answer) {
  const server = await serveHttp(answer);
  servers.push(server);
  return server.origin;
}
const limits = { timeoutMs: 1000, maxBytes: 1024 };
const failure = (url: string) =>
  requestDirectly(url, { method: "GET", headers: {} }, limits).catch((error: unknown) => error);

test("a metadata address is asked past the proxies of the environment", async () => {
  let proxied = 0;
  const proxy = await serve((_, response) => response.end(`proxied ${++proxied}`));
  const origin = await serve(({ headers }, response) => response.end(headers["metadata-flavor"]));
  const script = `const { requestDirectly } = await import(${JSON.stringify(`${import.meta.dir}/../../../lib/platform/http/direct.ts`)});
    const asked = await requestDirectly(${JSON.stringify(origin)}, { method: "GET", headers: { "Metadata-Flavor": "Google" } }, { timeoutMs: 5000, maxBytes: 1024 });
    process.stdout.write(asked.text);`;
  for (const program of [
    ["bun", "-e", script],
    ["deno", "eval", script],
  ]) {
    const child = Bun.spawn(program, { env: { ...process.env, HTTP_PROXY: proxy, http_proxy: proxy } });
    expect(await new Response(child.stdout).text()).toBe("Google");
  }
  expect(proxied).toBe(0);
});

test("a redirect of a metadata address is its answer", async () => {
  const origin = await serve((request, response) =>
    request.url === "/" ? response.writeHead(302, { location: "/else" }).end() : response.end("followed"),
  );
  const { status, text } = await requestDirectly(origin, { method: "GET", headers: {} }, limits);
  expect([status, text]).toEqual([302, ""]);
});

test("a metadata address that is silent, drips or says too much is left within the limits", async () => {
  const silent = await serve(() => {});
  const dripping = await serve((_, response) => drip(response, 50));
  const huge = await serve((_, response) => response.end("x".repeat(100_000)));
  expect(await failure(silent)).toEqual(new DirectFailed("it gave no answer within 1 s"));
  expect(await failure(dripping)).toEqual(new DirectFailed("it gave no answer within 1 s"));
  expect(await failure(huge)).toEqual(new DirectFailed("its answer is longer than 1 KiB"));
});

test("a request that was given up ends at once", async () => {
  const silent = await serve(() => {});
  const given = new AbortController();
  const asked = requestDirectly(silent, { method: "GET", headers: {} }, { ...limits, signal: given.signal });
  given.abort(new Error("given up"));
  expect(await asked.catch((error: unknown) => error)).toEqual(new Error("given up"));
});
