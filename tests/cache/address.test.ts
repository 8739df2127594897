import { expect, test } from "bun:test";
import { parseCacheAddress } from "../../lib/cache/address.ts";
import { cacheAddress, checkCacheAddress } from "../../lib/verbs/target/sharing/cache-address.ts";

const tcp = (host: string, port = 6379) => ({ kind: "tcp", host, port }) as const;

test.each([
  ["redis://cache", { at: tcp("cache"), tls: false, database: 0, shown: "redis://cache:6379" }],
  ["valkey://cache:7000/", { at: tcp("cache", 7000), tls: false, database: 0, shown: "redis://cache:7000" }],
  [
    "rediss://u:p%40s%2Fs@cache:1/5",
    {
      at: tcp("cache", 1),
      tls: true,
      user: "u",
      password: "p@s/s",
      database: 5,
      shown: "rediss://cache:1/5",
    },
  ],
  [
    "redis://:pw@[::1]:1?db=2",
    { at: tcp("::1", 1), tls: false, password: "pw", database: 2, shown: "redis://[::1]:1/2" },
  ],
  [
    "unix:/run/r.sock",
    { at: { kind: "unix", path: "/run/r.sock" }, tls: false, database: 0, shown: "unix:/run/r.sock" },
  ],
  [
    "redis+unix://u:p%3Aw@/run/r%20s?db=3",
    {
      at: { kind: "unix", path: "/run/r s" },
      tls: false,
      user: "u",
      password: "p:w",
      database: 3,
      shown: "unix:/run/r s?db=3",
    },
  ],
] as const)("%s", (text, address) => {
  expect(parseCacheAddress(text)).toEqual(address as never);
});

test.each([
  "http://pass-word@cache",
  "redis:pass-word",
  "redis://",
  "redis://user@cache",
  "redis://:pass#word@cache",
  "redis://cache/pass-word",
  "redis://cache?password=pass-word",
  "redis://cache:pass-word",
  "redis://:%zz@cache",
  "redis://cache/1?db=2",
  "unix:",
  "unix:pass-word@/run/x",
  "unix:///run/x?pass-word",
  `unix:/${"x".repeat(200)}`,
  "cache:6379",
  "redis-sentinel://cache:26379/pass-word",
  "unix://pass-word/run/x",
])("%s is none, and is not repeated", (text) => {
  let message = "";
  try {
    parseCacheAddress(text);
  } catch (error) {
    message = String(error);
  }
  expect(message).toContain("this is no address of a cache");
  expect(message).not.toMatch(/pass-|pass#/);
});

test("variables are put in: as a password may stand, or as a whole", () => {
  const env = { PW: "p@ss/w:rd", URL: "rediss://u:pw@cache" };
  expect(cacheAddress("redis://:$" + "{PW}@cache", env)?.password).toBe("p@ss/w:rd");
  expect(cacheAddress("$" + "{URL}", env)?.tls).toBe(true);
  expect(() => cacheAddress("redis://$" + "{NONE}", env)).toThrow(/NONE, which is not set/);
  // What is kept may be for another environment.
  for (const kept of ["redis://:$" + "{NONE}@cache", "$" + "{NONE}"]) checkCacheAddress(kept, env);
  expect(() => checkCacheAddress("http://:$" + "{NONE}@cache", env)).toThrow(/no address of a cache/);
  for (const none of [undefined, "", " ", "off"]) expect(cacheAddress(none, env)).toBeUndefined();
});
