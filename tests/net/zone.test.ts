import { expect, test } from "bun:test";
import { mayName, type Zone, zoneOf } from "../../lib/net/zone.ts";

const ROWS: Record<Zone, string[]> = {
  loopback: [
    "http://localhost",
    "http://a.b.localhost:8080",
    "http://localhost.",
    "http://127.0.0.1",
    "http://127.1",
    "http://2130706433",
    "http://0x7f.1",
    "http://0.0.0.0",
    "http://[::1]",
    "http://[::]",
    "http://[::ffff:127.0.0.1]",
    "http://[::127.0.0.1]",
    "http://[64:ff9b::7f00:1]",
    "http://[2002:7f00:1::]",
  ],
  private: [
    "http://10.1.2.3",
    "http://172.31.0.1",
    "http://192.168.1.1",
    "http://169.254.169.254",
    "http://100.100.100.200",
    "http://255.255.255.255",
    "http://[fd00:ec2::254]",
    "http://[fe80::1]",
    "http://[::ffff:a9fe:a9fe]",
    "http://[64:ff9b::a00:1]",
  ],
  public: [
    "https://example.com",
    "https://127.evil.example",
    "https://localhost.evil.example",
    "https://172.32.0.1",
    "https://11.0.0.1",
    "https://[2606:4700::1111]",
    "https://[::ffff:8.8.8.8]",
  ],
};

for (const [zone, urls] of Object.entries(ROWS))
  for (const url of urls)
    test(`zone of ${url} is ${zone}`, () => {
      expect<string>(zoneOf(new URL(url).hostname)).toBe(zone);
    });

test("zones: nobody names an address closer to this machine", () => {
  const zones: Zone[] = ["loopback", "private", "public"];
  const allowed = zones.map((from) => zones.filter((to) => mayName(from, to)));
  expect(allowed).toEqual([["loopback", "private", "public"], ["private", "public"], ["public"]]);
});
