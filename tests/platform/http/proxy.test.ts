// What we say of a proxy must agree with what the runtime does: each form is tried here with both.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { proxyFor } from "../../../lib/platform/http/proxy.ts";

let proxy: Server;
let proxyUrl: string;
let hits = 0;
const NAMES = ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"].flatMap((name) => [
  name,
  name.toLowerCase(),
]);
const before = NAMES.map((name) => [name, process.env[name]] as const);

beforeAll(async () => {
  proxy = createServer((_, response) => {
    hits++;
    response.writeHead(299).end();
  });
  proxy.on("connect", (_, socket) => {
    hits++;
    socket.on("error", () => {}).end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  proxyUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
});
afterAll(() => {
  proxy.close();
  for (const [name, value] of before) set(name, value);
});

function set(name: string, value: string | undefined): void {
  if (value === undefined) delete process.env[name];
  else process.env[name] = value;
}

/** Whether the runtime sends a request through the proxy, and whether we say so. */
async function both(url: string, env: Record<string, string | undefined>) {
  const full = { HTTP_PROXY: proxyUrl, HTTPS_PROXY: proxyUrl, ...env };
  for (const name of NAMES) set(name, (full as Record<string, string | undefined>)[name]);
  const seen = hits;
  await fetch(url, { signal: AbortSignal.timeout(500) }).catch(() => {});
  return { used: hits > seen, said: proxyFor(new URL(url), full) !== null };
}

// Nobody listens there, and .invalid is nobody's name (RFC 6761).
const V4 = "http://127.0.0.1:8009/";
const V6 = "http://[::1]:8009/";
const MAPPED = "http://[::ffff:127.0.0.1]:8009/";
const NAME = "http://a.invalid:8009/";
const FORMS: Record<string, string[]> = {
  [V4]: [
    ...[
      "127.0.0.1",
      "127.0.0.1:8009",
      "127.0.0.1:8",
      "*",
      "x,*",
      "127.0.0.1.",
      "[127.0.0.1]",
      ".127.0.0.1",
      "*.127.0.0.1",
    ],
    ...[
      "127.0.0.0/8",
      "127.1.2.3/8",
      "127.0.0.1/32",
      "127.0.0.1/33",
      "0.0.0.0/0",
      "10.0.0.0/8",
      "127.0.0.0/8:8009",
    ],
    ...[
      "127/8",
      "127.0.0.1/",
      "127.0.0.0/08",
      "127.0.0.0/+8",
      "127.0.0.0/-1",
      "127.0.0.0/8.0",
      "127.*",
      "127.",
    ],
    ...[
      "0.0.1",
      "27.0.0.1",
      "1",
      "127.1",
      "0x7f.1",
      "2130706433",
      "127.0.0.01",
      "http://127.0.0.1",
      "localhost",
      "::1",
    ],
    ...["::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:0:0/96", "::/0"],
  ],
  [V6]: [
    ...[
      "::1",
      "[::1]",
      "[::1]:8009",
      "[::1]:8",
      "[::1]:",
      "[::1",
      "::1]",
      "0::1",
      "0:0:0:0:0:0:0:1",
      "::2",
      "::1:8009",
    ],
    ...[
      "::1/128",
      "[::1]/128",
      "::/0",
      "::1/129",
      "[::1]/128:8009",
      "[::1/128]",
      "::1%lo",
      "0.0.0.0/0",
      "127.0.0.1",
    ],
  ],
  [MAPPED]: ["127.0.0.1", "127.0.0.0/8", "::ffff:127.0.0.1", "::ffff:0:0/96", "::/0", "::1"],
  [NAME]: [
    ...[
      "invalid",
      ".invalid",
      "*.invalid",
      "a.invalid",
      "A.INVALID",
      ".a.invalid",
      "*.a.invalid",
      "xa.invalid",
      "nvalid",
    ],
    ...[
      "a.invalid:8009",
      "a.invalid:08009",
      "a.invalid:8",
      "a.invalid:",
      "a.invalid:8009x",
      ".invalid:8009",
      "*:8009",
    ],
    ...[
      "a.invalid.",
      "[a.invalid]",
      "..invalid",
      "*..invalid",
      ".*.invalid",
      "**",
      "**.invalid",
      "a.*",
      ".",
      "*.",
      "*x",
    ],
    ...[
      "x a.invalid",
      "x,a.invalid",
      "x, a.invalid ,y",
      "x\ta.invalid",
      "x;a.invalid",
      "x|a.invalid",
      "a.invalid,,",
    ],
    ...["", ",", " ", '""', "<local>", "http://a.invalid", "a.invalid/", "a.invalid/24", '"a.invalid"'],
  ],
  "http://a.invalid.:8009/": ["a.invalid", "a.invalid."],
  "http://xn--bcher-kva.invalid:8009/": ["xn--bcher-kva.invalid", "bücher.invalid"],
  "https://a.invalid/": ["a.invalid:443", "a.invalid:80"],
  "http://[2001:db8::1]:8009/": ["2001:DB8::/32", "2001:db8:0::1", "2001:db9::/32"],
};

for (const [url, forms] of Object.entries(FORMS))
  test(`NO_PROXY is read as the runtime reads it, for ${url}`, async () => {
    for (const form of forms) {
      const { used, said } = await both(url, { NO_PROXY: form });
      expect([form, said]).toEqual([form, used]);
    }
  }, 30_000);

test("the variable that names a proxy is the one that the runtime takes", async () => {
  for (const env of [
    { NO_PROXY: undefined, no_proxy: "a.invalid" },
    { NO_PROXY: "a.invalid", no_proxy: "" },
    { NO_PROXY: "b.invalid", no_proxy: "a.invalid" },
    { NO_PROXY: "a.invalid", no_proxy: "b.invalid" },
    { HTTP_PROXY: undefined },
    { HTTP_PROXY: undefined, HTTPS_PROXY: undefined, ALL_PROXY: proxyUrl },
    { HTTP_PROXY: undefined, HTTPS_PROXY: undefined, all_proxy: proxyUrl },
    { HTTP_PROXY: undefined, http_proxy: proxyUrl },
    { HTTP_PROXY: "", http_proxy: proxyUrl },
    { HTTP_PROXY: proxyUrl.replace("http://", "") },
  ])
    for (const url of [NAME, "https://a.invalid:8009/"]) {
      const { used, said } = await both(url, env);
      expect([env, url, said]).toEqual([env, url, used]);
    }
});
