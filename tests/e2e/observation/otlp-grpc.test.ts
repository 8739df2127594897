// Traces and metrics over gRPC: by each way to ask for it, encrypted and not, refused and with nobody there.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { status } from "@grpc/grpc-js";
import { startBridge } from "../../support/bridge.ts";
import { inHome } from "../../support/home.ts";
import { call, INITIALIZE, INITIALIZED } from "../../support/messages.ts";
import { makeCertificates } from "../../support/net/certificates.ts";
import { startGrpcReceiver } from "../../support/otlp/grpc-receiver.ts";
import { logIn, startWorld, type World } from "../../support/world.ts";

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.end());

const ECHO = ["@svc", "tools-call", "echo", "text=quiet"];
const sentBy = (names: string[]) => names.includes("tools/call echo");

describe("traces and metrics over gRPC", () => {
  test.concurrent(
    "arrive by option and by variables, with headers and compressed, and without what is secret",
    inHome(async (home) => {
      const receiver = home.owns(await startGrpcReceiver());
      await logIn(world, home);
      const headers = {
        OTEL_EXPORTER_OTLP_HEADERS: "x-key=k3y%20z,x-all=1",
        OTEL_EXPORTER_OTLP_TRACES_HEADERS: "x-all=2",
      };
      const ways: { args?: string[]; env: Record<string, string> }[] = [
        { args: ["--otlp", receiver.url], env: headers },
        {
          args: ["--otlp", `http://${receiver.target}/`],
          env: { ...headers, OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" },
        },
        {
          env: {
            ...headers,
            OTEL_EXPORTER_OTLP_ENDPOINT: `http://${receiver.target}`,
            OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
            OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
          },
        },
        {
          env: {
            ...headers,
            OTEL_EXPORTER_OTLP_ENDPOINT: receiver.target,
            OTEL_EXPORTER_OTLP_INSECURE: "true",
            OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
          },
        },
      ];
      for (const { args = [], env } of ways) {
        receiver.taken.length = 0;
        const { code, stderr } = await home.run([...ECHO, ...args], { env });
        expect([code, stderr]).toEqual([0, ""]);
        expect(sentBy(receiver.spans().map(({ name }) => name))).toBe(true);
        expect(receiver.metrics()).toContain("mcp.client.operation.duration");
        expect(receiver.resource()).toMatchObject({ "service.name": "m2mcp" });
        const traces = receiver.taken.find(({ path }) => path === "/v1/traces")?.headers;
        expect(traces).toMatchObject({ "x-key": "k3y z", "x-all": "2" });
        expect(String(traces?.["user-agent"])).toStartWith("m2mcp/");
        const metrics = receiver.taken.find(({ path }) => path === "/v1/metrics")?.headers;
        expect(metrics).toMatchObject({ "x-all": "1" });
        const all = JSON.stringify(receiver.taken.map(({ body }) => body));
        for (const secret of ["quiet", world.as.clients.basic.secret, "k3y"])
          expect(all).not.toContain(secret);
      }
    }),
    60_000,
  );

  test.concurrent(
    "go alone where one signal alone is sent so",
    inHome(async (home) => {
      const receiver = home.owns(await startGrpcReceiver());
      await logIn(world, home);
      const env = {
        OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `http://${receiver.target}`,
        OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "grpc",
      };
      expect((await home.run(ECHO, { env })).stderr).toBe("");
      expect(receiver.taken.map(({ path }) => path)).toEqual(["/v1/traces"]);
    }),
    60_000,
  );

  test.concurrent(
    "are encrypted by https, by grpcs and without a scheme, and sent to nobody who is not trusted",
    inHome(async (home) => {
      const { caFile, server, client } = makeCertificates();
      const [cert, key, clients] = [
        readFileSync(server.certFile),
        readFileSync(server.keyFile),
        readFileSync(caFile),
      ];
      const receiver = home.owns(await startGrpcReceiver({ cert, key, clients }));
      await logIn(world, home);
      const trusted = {
        OTEL_EXPORTER_OTLP_CERTIFICATE: caFile,
        OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: client.certFile,
        OTEL_EXPORTER_OTLP_CLIENT_KEY: client.keyFile,
        OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
        // It counts for addresses alone that say nothing themselves.
        OTEL_EXPORTER_OTLP_TRACES_INSECURE: "true",
      };
      for (const endpoint of [`https://${receiver.target}`, `grpcs://${receiver.target}`]) {
        receiver.taken.length = 0;
        const { stderr } = await home.run([...ECHO, "--otlp", endpoint], { env: trusted });
        expect(stderr).toBe("");
        expect(sentBy(receiver.spans().map(({ name }) => name))).toBe(true);
      }
      receiver.taken.length = 0;
      const { OTEL_EXPORTER_OTLP_TRACES_INSECURE: _, ...plain } = trusted;
      const unsaid = { ...plain, OTEL_EXPORTER_OTLP_ENDPOINT: receiver.target };
      expect((await home.run(ECHO, { env: unsaid })).stderr).toBe("");
      expect(sentBy(receiver.spans().map(({ name }) => name))).toBe(true);

      receiver.taken.length = 0;
      const stranger = await home.run([...ECHO, "--otlp", `grpcs://${receiver.target}`]);
      expect([stranger.code, stranger.stderr]).toEqual([
        0,
        expect.stringContaining(
          `traces and metrics do not reach ${receiver.target} (gRPC status UNAVAILABLE)`,
        ),
      ]);
      // Its certificate is not for this address.
      const other = receiver.target.replace("127.0.0.1", "127.0.0.2");
      const wrong = await home.run([...ECHO, "--otlp", `grpcs://${other}`], { env: trusted });
      expect(wrong.stderr).toContain(`do not reach ${other} (gRPC status UNAVAILABLE)`);
      const missing = await home.run([...ECHO, "--otlp", `grpcs://${receiver.target}`], {
        env: { ...trusted, OTEL_EXPORTER_OTLP_CERTIFICATE: "/nowhere.pem" },
      });
      expect(missing.stderr).toContain("(OTEL_EXPORTER_OTLP_CERTIFICATE cannot be read: ENOENT)");
      expect(receiver.taken).toEqual([]);
    }),
    60_000,
  );

  test.concurrent(
    "are tried again where that helps, and when the collector says",
    inHome(async (home) => {
      const receiver = home.owns(await startGrpcReceiver());
      await logIn(world, home);
      receiver.refusing.push(
        { code: status.UNAVAILABLE },
        { code: status.RESOURCE_EXHAUSTED, retryInMs: 50 },
        { code: status.UNAVAILABLE, retryInMs: 60 },
      );
      const bridge = startBridge(home, ["@svc", "--otlp", receiver.url], {
        env: { OTEL_METRICS_EXPORTER: "none", OTEL_BSP_SCHEDULE_DELAY: "100", OTEL_TRACES_EXPORTER: "otlp" },
      });
      bridge.say(INITIALIZE, INITIALIZED, call(2, "add", { a: 1, b: 2 }));
      await bridge.answer(2);
      while (receiver.spans().every(({ name }) => name !== "tools/call add")) await Bun.sleep(20);
      expect(await bridge.end()).toBe(0);
      expect(bridge.stderr()).toBe("");
    }),
    60_000,
  );

  test.concurrent(
    "that are refused for good, or reach nobody, hold nothing up, and that is said once",
    inHome(async (home) => {
      const receiver = home.owns(await startGrpcReceiver());
      await logIn(world, home);
      receiver.refusing.push({ code: status.UNAUTHENTICATED }, { code: status.UNAUTHENTICATED });
      const refused = await home.run([...ECHO, "--otlp", receiver.url]);
      expect([refused.code, receiver.calls.length]).toEqual([0, 2]);
      expect(refused.stderr.match(/do not reach .* \(gRPC status UNAUTHENTICATED\)/g)).toHaveLength(1);
      const began = performance.now();
      const away = await home.run([...ECHO, "--otlp", "grpc://127.0.0.1:9"]);
      expect(performance.now() - began).toBeLessThan(4000);
      expect(away.code).toBe(0);
      expect(away.stderr.match(/do not reach 127\.0\.0\.1:9 \(gRPC status UNAVAILABLE\)/g)).toHaveLength(1);
    }),
    60_000,
  );
});
