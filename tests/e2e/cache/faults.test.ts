// A cache that is away, full, locked or lying costs a warning and a bounded time, and nothing else.
import { expect, test } from "bun:test";
import { startBridge } from "../../support/bridge.ts";
import { modern, request } from "../../support/messages.ts";
import { between, liar, REDIS, type Redis, startRedis } from "../../support/net/redis.ts";
import { type SmallWorld, startSmallWorld } from "../../support/oauth/small-world.ts";
import { CLIENT, entryName, inNewHome, memberEnv, once, SECRET, told } from "./fleet.ts";

/** A member alone: it comes through, says so once, and no secret. */
async function alone(
  cache: string,
  words: RegExp | null,
  world?: SmallWorld,
  more: Record<string, string> = {},
): Promise<void> {
  const own = world ?? (await startSmallWorld());
  await inNewHome(async (home) => {
    const before = own.secrets.length;
    const seen = await once(own, cache, home, more);
    expect([seen.stderr, seen.code, own.secrets.length - before]).toEqual([seen.stderr, 0, 1]);
    expect(seen.told).toEqual(words ? [expect.stringMatching(words)] : []);
    for (const secret of [SECRET, CLIENT, "pass-word", "token-"]) expect(seen.stderr).not.toContain(secret);
    expect(seen.tookMs).toBeLessThan(15_000);
  });
  if (!world) await own.stop();
}

test.concurrent("a cache that is not there", () =>
  alone(
    "redis://user:pass-word@127.0.0.1:9",
    /redis:\/\/127\.0\.0\.1:9 does not serve: it refuses the conn/,
  ));
test.concurrent("a socket that is not there", () =>
  alone("unix://:pass-word@/tmp/m2mcp-none.sock", /does not serve: there is no such socket/));
test.concurrent("a host that is not there", () =>
  alone("redis://nowhere.invalid", /does not serve: (there is no such host|the host's name is not found)/));

for (const [what, answer] of Object.entries({
  "another protocol": "HTTP/1.1 400 Bad Request\r\n\r\n",
  "what is no length": "$-5\r\n",
  "a list without end": "*1000000000\r\n",
  "a text without end": `$999999999999\r\n${"x".repeat(70_000)}`,
  "lists in lists": "*1\r\n".repeat(100_000),
  "types of later versions": ">3\r\n+a\r\n+b\r\n+c\r\n",
  "bytes of no meaning": "\0\u00ff\u0001",
  "numbers for all": ":1\r\n:1\r\n:1\r\n",
  "an error": "-ERR pass-word s3cret-of-the-fleet\r\n",
}))
  test.concurrent(`a liar: ${what}`, async () => {
    const lie = await liar(answer);
    await alone(lie.url, /does not serve|was not sealed/);
    await lie.stop();
  });

test.concurrent("a partition: all is dropped, and nobody is told", async () => {
  const wall = await liar("");
  await alone(wall.url, /does not serve: it gives no answer within 1 s/);
  await wall.stop();
});

const real = test.concurrent.if(REDIS !== undefined);

/** With a server of its own. */
const withRedis = async (settings: string[], work: (own: Redis, world: SmallWorld) => Promise<unknown>) => {
  const [own, world] = await Promise.all([startRedis(...settings), startSmallWorld()]);
  await work(own, world).finally(() => Promise.all([own.stop(), world.stop()]));
};

real("a password that is wanted, or wrong; an ACL user, a database and a socket that are right", () =>
  withRedis(["--requirepass", "pass-word"], async (own, world) => {
    await alone(own.url, /it wants a password/, world);
    await alone(
      own.url.replace("//", "//:wrong-pass-word@"),
      /it does not accept the user or the password/,
      world,
    );
    const rights = ["on", ">p@ss/w:rd#%", "~m2mcp:*", "+eval", "+get", "+set", "+del", "+pttl", "+select"];
    own.cli("-a", "pass-word", "ACL", "SETUSER", "fleet", ...rights);
    const who = `fleet:${encodeURIComponent("p@ss/w:rd#%")}@`;
    await alone(`${own.url.replace("//", `//${who}`)}/3`, null, world);
    // The same entry by another way: nobody asks.
    await inNewHome(async (home) => {
      const before = world.secrets.length;
      const seen = await once(world, `unix://${who}${own.socket}?db=3`, home);
      expect([seen.code, seen.told, world.secrets.length - before]).toEqual([0, [], 0]);
    });
    own.cli("-a", "pass-word", "ACL", "SETUSER", "fleet", "-eval");
    await alone(`${own.url.replace("//", `//${who}`)}/4`, /its user may not do what is needed/, world);
  }),
);

real("a right that is missing, also within a script; a database that there is not", () =>
  withRedis([], async (own, world) => {
    const rights = ["eval", "get", "set", "del", "pttl"];
    for (const missing of rights) {
      own.cli("FLUSHALL");
      own.cli("ACL", "SETUSER", "fleet", "reset", "on", ">pass-word", "~m2mcp:*");
      own.cli("ACL", "SETUSER", "fleet", ...rights.filter((one) => one !== missing).map((one) => `+${one}`));
      await alone(
        own.url.replace("//", "//fleet:pass-word@"),
        /its user may not do what is needed.*\+set \+del/,
        world,
      );
    }
    await alone(`${own.url}/99`, /it has no database of that number/, world);
  }),
);

for (const [answer, words] of Object.entries({
  "-DENIED Redis is running in protected mode": /it lets nobody in from other machines/,
  "-ERR max number of clients reached": /it has no room for another connection/,
  "-TRYAGAIN Multiple keys request": /it is a part of a cluster/,
  "-ASK 3999 127.0.0.1:6381": /it is a part of a cluster/,
  "-IOERR error": /it does not know what it was asked, or refuses it/,
}))
  test.concurrent(`a refusal: ${answer}`, async () => {
    const lie = await liar(`${answer}\r\n`);
    await alone(lie.url, words);
    await lie.stop();
  });

real("memory that is full", () =>
  withRedis(["--maxmemory", "1", "--maxmemory-policy", "noeviction"], (own, world) =>
    alone(own.url, /its memory is full/, world),
  ),
);

real("a replica", () =>
  withRedis([], async (own, world) => {
    const replica = await startRedis("--replicaof", "127.0.0.1", `${own.port}`);
    await alone(replica.url, /it is a replica, which takes no writes/, world);
    await replica.stop();
  }),
);

real("garbage, another's seal and another type where ours lies", () =>
  withRedis([], async (own, world) => {
    await alone(own.url, null, world);
    const name = entryName(own);
    const sealed = own.cli("GET", name);
    for (const text of [
      "garbage",
      "1 1 AAAA",
      sealed.slice(0, -4),
      `${sealed}AA`,
      sealed.replace(/^1 /, "9 "),
    ]) {
      own.cli("SET", name, text);
      await alone(own.url, /was not sealed with them/, world);
      // It was written anew.
      expect(own.cli("GET", name)).toMatch(/^1 \d+ /);
    }
    own.cli("DEL", name);
    own.cli("LPUSH", name, "x");
    await alone(own.url, /something else lies where ours would/, world);
  }),
);

real("an old entry that is played again costs one request at most", () =>
  withRedis([], async (own, world) => {
    await alone(own.url, null, world);
    const name = entryName(own);
    const old = own.cli("GET", name);
    world.revoke();
    await inNewHome(async (home) => {
      const before = world.secrets.length;
      expect((await once(world, own.url, home)).code).toBe(0);
      expect(world.secrets.length - before).toBe(1);
      own.cli("SET", name, old, "PX", "3600000");
      expect((await once(world, own.url, home)).code).toBe(0);
      expect(world.secrets.length - before).toBe(1);
    });
    // The revoked one counts for who knows no other, and is refused once.
    await alone(own.url, null, world);
  }),
);

real(
  "a lock that never ends holds nobody up for long",
  () =>
    withRedis([], async (own, world) => {
      await alone(own.url, null, world);
      const name = entryName(own);
      own.cli("DEL", name);
      own.cli("SET", `${name}:lock`, "somebody 1");
      await alone(own.url, /a lock in it does not expire/, world);
    }),
  30_000,
);

real("comes back by itself, by a bridge that goes on", () =>
  withRedis([], async (redis, world) => {
    const wall = await between(redis.port);
    await inNewHome(async (home) => {
      wall.stalls = true;
      const bridge = startBridge(home, [world.url], { env: memberEnv(wall.url) });
      bridge.say(modern(request(1, "tools/list")));
      await bridge.answer(1);
      expect(told(bridge.stderr())).toEqual([expect.stringMatching(/gives no answer/)]);
      wall.stalls = false;
      world.revoke();
      for (let id = 10; !/serves again/.test(bridge.stderr()) && id < 40; id++) {
        world.revoke();
        bridge.say(modern(request(id, "tools/list")));
        await bridge.answer(id);
        await Bun.sleep(150);
      }
      expect(told(bridge.stderr()).map((line) => /(serves again|gives no answer)/.exec(line)?.[1])).toEqual([
        "gives no answer",
        "serves again",
      ]);
      await bridge.end();
    });
    await wall.stop();
  }),
);
