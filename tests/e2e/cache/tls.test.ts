import { expect, test } from "bun:test";
import { makeCertificates } from "../../support/net/certificates.ts";
import { freePort } from "../../support/net/listen.ts";
import { REDIS, startRedis } from "../../support/net/redis.ts";
import { startSmallWorld } from "../../support/oauth/small-world.ts";
import { inNewHome, once } from "./fleet.ts";

test.if(REDIS !== undefined)(
  "a cache over TLS: its authority, its name, and who does not speak it",
  async () => {
    const { caFile, server } = makeCertificates();
    const port = await freePort();
    const [world, redis] = await Promise.all([
      startSmallWorld(),
      startRedis(
        ...["--tls-port", `${port}`, "--tls-cert-file", server.certFile, "--tls-key-file", server.keyFile],
        ...["--tls-ca-cert-file", caFile, "--tls-auth-clients", "no"],
      ),
    ]);
    const seen = async (cache: string, more: Record<string, string> = {}) => {
      const before = world.secrets.length;
      const { code, told } = await inNewHome((home) => once(world, cache, home, more));
      return [code, told.join("\n"), world.secrets.length - before];
    };
    const untrusted = expect.stringMatching(/does not serve: its certificate is not trusted/);
    expect(await seen(`rediss://localhost:${port}`)).toEqual([0, untrusted, 1]);
    expect(await seen(`rediss://127.0.0.1:${port}`, { NODE_TLS_REJECT_UNAUTHORIZED: "0" })).toEqual([
      0,
      expect.stringMatching(/does not serve: its certificate is not trusted/),
      1,
    ]);
    expect(await seen(`rediss://localhost:${port}`, { M2MCP_CA: caFile })).toEqual([0, "", 1]);
    expect(await seen(`rediss://127.0.0.1:${port}`, { M2MCP_CA: caFile })).toEqual([0, "", 0]);
    expect(await seen(`rediss://localhost:${port}`, { NODE_EXTRA_CA_CERTS: caFile })).toEqual([0, "", 0]);
    expect(await seen(`rediss://127.0.0.2:${port}`, { M2MCP_CA: caFile })).toEqual([
      0,
      expect.stringMatching(/refuses the connection|not trusted/),
      1,
    ]);
    expect(await seen(`rediss://localhost:${redis.port}`, { M2MCP_CA: caFile })).toEqual([
      0,
      expect.stringMatching(/rediss:\S+ does not serve: it (gives no answer|does not speak TLS|closed)/),
      1,
    ]);
    expect(await seen(`redis://localhost:${port}`)).toEqual([
      0,
      expect.stringMatching(/redis:\S+ does not serve: it (gives no answer|closed|does not speak)/),
      1,
    ]);
    await Promise.all([world.stop(), redis.stop()]);
  },
);

// As Redis is where nothing is said of it.
test.if(REDIS !== undefined)("a cache that wants a certificate of its clients is told as that", async () => {
  const { caFile, server } = makeCertificates();
  const port = await freePort();
  const tls = ["--tls-port", `${port}`, "--tls-cert-file", server.certFile, "--tls-key-file", server.keyFile];
  for (const [version, words] of [
    ["TLSv1.3", "does not serve: it wants a certificate of its clients;"],
    ["TLSv1.2", "does not serve: it refuses the TLS handshake, as one that wants a certificate"],
  ] as const) {
    const [world, redis] = await Promise.all([
      startSmallWorld(),
      startRedis(...tls, "--tls-ca-cert-file", caFile, "--tls-protocols", version),
    ]);
    const env = { M2MCP_CA: caFile };
    const { code, told } = await inNewHome((home) => once(world, `rediss://localhost:${port}`, home, env));
    expect([code, told]).toEqual([0, [expect.stringContaining(words)]]);
    expect(told.join()).toContain("tls-auth-clients");
    await Promise.all([world.stop(), redis.stop()]);
  }
});
