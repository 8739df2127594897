// AWS' token service and its places of credentials: AWS' own SDK and we get the same token from one server.
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readIdentity } from "../../../lib/auth/platforms/read-identity.ts";
import {
  AGENT_TOKEN,
  type AwsFake,
  KEYS,
  type Keys,
  REGION,
  ROLE,
  startAws,
} from "../../support/clouds/aws.ts";
import { byLibrary, claimsOf, mintToken } from "../../support/clouds/token.ts";
import { type Answer, drip, type Serving } from "../../support/net/listen.ts";
import { memoryDeps } from "../memory-deps.ts";
import { failureOf } from "./failure-of.ts";

const AUDIENCE = "https://as.example/token?a=1&b=2";
let home = "";
const servers: Serving[] = [];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "m2mcp-aws-"));
  mkdirSync(join(home, ".aws"));
});
afterEach(async () => {
  rmSync(home, { recursive: true });
  for (const one of servers.splice(0)) await one.stop();
});
async function start(...[before]: Parameters<typeof startAws>) {
  const server = await startAws(before);
  servers.push(server);
  return server;
}
type Env = Record<string, string>;
const base = ({ origin }: AwsFake, more: Env = {}): Env => ({
  HOME: home,
  AWS_REGION: REGION,
  AWS_ENDPOINT_URL_STS: origin,
  AWS_EC2_METADATA_SERVICE_ENDPOINT: origin,
  ...more,
});
const user: Env = { AWS_ACCESS_KEY_ID: "AKIAUSER", AWS_SECRET_ACCESS_KEY: "user-secret-key/+1" };
const file = (name: string, text: string) => {
  const path = join(home, name);
  writeFileSync(path, text);
  return path;
};
const ours = (env: Env, more: { signingAlg?: string; lifetimeS?: number } = {}, now?: () => number) =>
  readIdentity({ from: "aws", ...more }, AUDIENCE, memoryDeps({ env }, now).deps);
const library = (env: Env, more: object = {}) =>
  byLibrary("aws", { Audience: [AUDIENCE], SigningAlgorithm: "RS256", ...more }, env);
const subject = async (token: string) => String(claimsOf(token)?.sub).split("#")[1];
/** A profile whose process prints keys, with something else than AWS' SDKs take. */
const processProfile = (more: object) => {
  const keys = { Version: 1, AccessKeyId: "AKIAUSER", SecretAccessKey: "planted-secret", ...more };
  return `[profile p]\ncredential_process=echo '${JSON.stringify(keys)}'`;
};
const ini = (keys: Keys | undefined) =>
  `aws_access_key_id = ${keys?.accessKeyId}\naws_secret_access_key=${keys?.secretAccessKey}\n${keys?.sessionToken ? `aws_session_token = ${keys.sessionToken}\n` : ""}`;

describe("AWS gives its SDK and us one token", () => {
  const places: [place: string, signer: string, env: () => Env][] = [
    ["variables", "user", () => user],
    [
      "a session in variables",
      "role",
      () => ({
        AWS_ACCESS_KEY_ID: "ASIAROLE",
        AWS_SECRET_ACCESS_KEY: "role-secret",
        AWS_SESSION_TOKEN: "role-session+/=",
      }),
    ],
    [
      "the token file of EKS",
      "pod",
      () => ({
        AWS_WEB_IDENTITY_TOKEN_FILE: file("token", mintToken({ aud: "sts.amazonaws.com" })),
        AWS_ROLE_ARN: ROLE,
      }),
    ],
    ["the metadata of an instance", "instance", () => ({})],
    [
      "a default profile",
      "user",
      () => {
        file(".aws/credentials", `# keys\n[default]\n${ini(KEYS.user)}`);
        return {};
      },
    ],
    [
      "AWS_PROFILE with a role of another profile",
      "role",
      () => {
        file(".aws/credentials", `[base]\n${ini(KEYS.user)}`);
        file(
          ".aws/config",
          `[default]\nregion = us-east-1\n[profile deploy]\nrole_arn = ${ROLE} ; the role\nsource_profile = base\n`,
        );
        return { AWS_PROFILE: "deploy" };
      },
    ],
    [
      "AWS_PROFILE with a role of the instance",
      "role",
      () => {
        file(".aws/config", `[profile deploy]\nrole_arn=${ROLE}\ncredential_source=Ec2InstanceMetadata\n`);
        return { AWS_PROFILE: "deploy" };
      },
    ],
    [
      "AWS_PROFILE with a role by a token file",
      "pod",
      () => {
        const token = file("token", mintToken({ aud: "sts.amazonaws.com" }));
        file(".aws/config", `[profile deploy]\nrole_arn=${ROLE}\nweb_identity_token_file=${token}\n`);
        return { AWS_PROFILE: "deploy" };
      },
    ],
    [
      "AWS_PROFILE with a credential_process",
      "user",
      () => {
        const { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey } = KEYS.user ?? {};
        const path = file("keys.json", JSON.stringify({ Version: 1, AccessKeyId, SecretAccessKey }));
        file(".aws/config", `[profile tool]\ncredential_process = cat ${path}\n`);
        return { AWS_PROFILE: "tool" };
      },
    ],
    [
      "AWS_PROFILE with a credential_process that prints null for what it does not have",
      "user",
      () => {
        const { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey } = KEYS.user ?? {};
        const none = { SessionToken: null, Expiration: null };
        const keys = JSON.stringify({ Version: 1, AccessKeyId, SecretAccessKey, ...none });
        file(".aws/config", `[profile tool]\ncredential_process = cat ${file("keys.json", keys)}\n`);
        return { AWS_PROFILE: "tool" };
      },
    ],
  ];
  for (const [place, signer, env] of places)
    test(`with ${place}`, async () => {
      const given = base(await start(), env());
      const { token, expiresAtMs } = await ours(given);
      expect(await subject(token)).toBe(signer);
      expect(claimsOf(token)).toMatchObject({ aud: AUDIENCE, algorithm: "RS256", seconds: "300" });
      expect(expiresAtMs).toBe(Date.parse("2099-01-01T00:00:00Z"));
      expect(token).toBe(await library(given));
    });

  test("with a container's agent, which wants to see what is in a file or a variable", async () => {
    const aws = await start();
    for (const shown of [
      { AWS_CONTAINER_AUTHORIZATION_TOKEN: AGENT_TOKEN },
      { AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE: file("agent-token", AGENT_TOKEN) },
    ] as Env[]) {
      const given = base(aws, {
        AWS_CONTAINER_CREDENTIALS_FULL_URI: `${aws.origin}/agent/credentials`,
        ...shown,
      });
      const { token } = await ours(given);
      expect(await subject(token)).toBe("container");
      expect(token).toBe(await library(given));
    }
  });

  test("signed with ES384, and for as long as is asked for", async () => {
    const given = base(await start(), user);
    const { token } = await ours(given, { signingAlg: "ES384", lifetimeS: 900 });
    expect(claimsOf(token)).toMatchObject({ algorithm: "ES384", seconds: "900" });
    expect(token).toBe(await library(given, { SigningAlgorithm: "ES384", DurationSeconds: 900 }));
    expect((await failureOf(ours(given, { signingAlg: "EdDSA" }))).hint).toContain("RS256 or ES384");
    expect((await failureOf(ours(given, { lifetimeS: 30 }))).hint).toContain("60 to 3600");
  });
});

describe("the token service of AWS", () => {
  test("is that of the region, whichever partition it is in, and never the global one", async () => {
    const asked: string[] = [];
    const fetched = Object.assign(
      async (input: RequestInfo | URL) => {
        asked.push(String(input));
        return new Response("<Error><Code>AccessDenied</Code></Error>", { status: 403 });
      },
      { preconnect: fetch.preconnect },
    );
    const ask = (env: Env) =>
      failureOf(
        readIdentity(
          { from: "aws" },
          AUDIENCE,
          memoryDeps({ fetch: fetched, env: { HOME: home, ...user, ...env } }).deps,
        ),
      );
    for (const region of ["eu-central-1", "us-gov-west-1", "cn-north-1", "eusc-de-east-1"])
      await ask({ AWS_REGION: region });
    await ask({ AWS_DEFAULT_REGION: "us-east-1", AWS_STS_REGIONAL_ENDPOINTS: "legacy" });
    expect(asked).toEqual([
      "https://sts.eu-central-1.amazonaws.com/",
      "https://sts.us-gov-west-1.amazonaws.com/",
      "https://sts.cn-north-1.amazonaws.com.cn/",
      "https://sts.eusc-de-east-1.amazonaws.eu/",
      "https://sts.us-east-1.amazonaws.com/",
    ]);
    const global = await ask({ AWS_REGION: REGION, AWS_ENDPOINT_URL_STS: "https://sts.amazonaws.com" });
    expect(global.message).toContain("names the global endpoint");
    expect((await ask({})).message).toContain("no region is known");
    expect((await ask({ AWS_REGION: "evil.example/#" })).message).toContain(
      "the region that is named is none",
    );
    expect(asked.length).toBe(5);
  });

  test("whose clock differs gets a request that is dated by it", async () => {
    const aws = await start();
    const now = () => Date.now() + 600_000;
    const { token } = await ours(base(aws, user), {}, now);
    expect(await subject(token)).toBe("user");
    expect(aws.calls.length).toBe(2);
  });

  test("that refuses is told in its words, with what to switch on", async () => {
    const aws = await start();
    aws.service.disabled = true;
    const { message, hint } = await failureOf(ours(base(aws, user)));
    expect(message).toContain("refuses GetWebIdentityToken: OutboundWebIdentityFederationDisabledException");
    expect(hint).toContain("aws iam enable-outbound-web-identity-federation");
    const wrong = await failureOf(ours(base(aws, { ...user, AWS_SECRET_ACCESS_KEY: "wrong-secret" })));
    expect(wrong.message).toContain("SignatureDoesNotMatch");
    expect(wrong.message + wrong.hint).not.toContain("wrong-secret");
  });
});

describe("faults around AWS' credentials", () => {
  test("none at all: what was looked for, and what to switch on", async () => {
    const aws = await start();
    const nowhere = { ...base(aws), AWS_EC2_METADATA_SERVICE_ENDPOINT: "http://127.0.0.1:1" };
    const { message, hint, code } = await failureOf(ours(nowhere));
    expect([code, message]).toEqual([
      "no_identity",
      "AWS gives no identity token: the instance metadata at 127.0.0.1:1: the connection was refused",
    ]);
    expect(hint).toContain("instance profile");
    const disabled = await failureOf(ours(base(aws, { AWS_EC2_METADATA_DISABLED: "true" })));
    expect(disabled.message).toContain("AWS_EC2_METADATA_DISABLED");
    expect(aws.asked).toEqual([]);
  });

  test("a container's agent elsewhere is shown nothing", async () => {
    const aws = await start();
    for (const uri of [
      "http://evil.example/x",
      "http://169.254.169.254/x",
      "ftp://127.0.0.1/",
      "http://a@127.0.0.1/x",
    ]) {
      const env = base(aws, {
        AWS_CONTAINER_CREDENTIALS_FULL_URI: uri,
        AWS_CONTAINER_AUTHORIZATION_TOKEN: AGENT_TOKEN,
      });
      expect((await failureOf(ours(env))).message).toContain("names no address of a container's agent");
    }
    const header = base(aws, {
      AWS_CONTAINER_CREDENTIALS_FULL_URI: `${aws.origin}/agent/credentials`,
      AWS_CONTAINER_AUTHORIZATION_TOKEN: "a\r\nx: y",
    });
    expect((await failureOf(ours(header))).message).toContain("is no header");
    const relative = base(aws, { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "@evil.example/x" });
    expect((await failureOf(ours(relative))).message).toContain("names no address of a container's agent");
    expect(aws.asked).toEqual([]);
  });

  test("a task of ECS is asked at its agent's address", async () => {
    const aws = await start();
    const asked: string[] = [];
    const askDirect = async (url: string) => {
      asked.push(url);
      return {
        status: 200,
        headers: new Headers(),
        text: JSON.stringify({ AccessKeyId: "AKIAUSER", SecretAccessKey: "user-secret-key/+1" }),
      };
    };
    const { deps, logged } = memoryDeps({
      askDirect,
      env: base(aws, { AWS_CONTAINER_CREDENTIALS_RELATIVE_URI: "/v2/credentials/secret-id" }),
    });
    expect(await subject((await readIdentity({ from: "aws" }, AUDIENCE, deps)).token)).toBe("user");
    expect(asked).toEqual(["http://169.254.170.2/v2/credentials/secret-id"]);
    expect(logged.join()).not.toContain("secret-id");
  });

  for (const [profile, why] of [
    ["[profile other]\nregion=eu-west-1", "it is in neither of the shared files"],
    ["[profile p]\nregion=eu-west-1", "it has neither keys nor a role"],
    ["[profile p]\nsso_session=corp\nsso_account_id=1", "it has neither keys nor a role"],
    [
      `[profile p]\nrole_arn=${ROLE}\nsource_profile=q\n[profile q]\nrole_arn=${ROLE}\nsource_profile=p`,
      "its roles lead in a circle",
    ],
    [`[profile p]\nrole_arn=${ROLE}\nsource_profile=q\nmfa_serial=x`, "its role wants a code of a person"],
    [`[profile p]\nrole_arn=${ROLE}`, "its role has no source that is known"],
    ["[profile p]\naws_access_key_id=AKIAUSER", "it has no aws_secret_access_key"],
    ["[profile p]\ncredential_process=echo planted-secret", "its credential_process prints no credentials"],
    [processProfile({ Version: 2 }), "prints credentials of another version than 1"],
    [processProfile({ Version: undefined }), "prints credentials of another version than 1"],
    [processProfile({ Expiration: "2020-01-01T00:00:00Z" }), "prints credentials that have expired"],
  ] as const)
    test(`a profile that cannot be used: ${why}`, async () => {
      file(".aws/config", profile);
      const { message, hint } = await failureOf(ours(base(await start(), { AWS_PROFILE: "p" })));
      expect(message).toContain(why);
      expect(`${message}${hint}`).not.toContain("planted-secret");
    });

  test("a token service that is busy for a moment is asked once more", async () => {
    let busy = 1;
    const aws = await start(({ method }, response) => {
      if (method !== "POST" || busy-- <= 0) return false;
      response.writeHead(503).end();
      return true;
    });
    expect(await subject((await ours(base(aws, user))).token)).toBe("user");
  });

  for (const [status, code] of [
    [400, "Throttling"],
    [400, "ThrottlingException"],
    [503, "ServiceUnavailable"],
  ] as const)
    test(`a token service that stays busy (${status} ${code}) says nothing against the machine`, async () => {
      const aws = await start(({ method }, response) => {
        if (method !== "POST") return false;
        response.writeHead(status).end(`<Error><Code>${code}</Code><Message>Rate exceeded</Message></Error>`);
        return true;
      });
      const failure = await failureOf(ours(base(aws, user)));
      expect([failure.code, failure.exitCode]).toEqual(["identity_unavailable", 2]);
      expect(failure.message).toContain(`${code} (Rate exceeded)`);
    });

  test("why an instance's role gives no credentials is told in the service's own words", async () => {
    const aws = await start(({ url }, response) => {
      if (!url?.endsWith("/security-credentials/mcp")) return false;
      const said = { Code: "AssumeRoleUnauthorizedAccess", Message: "EC2 cannot assume the role mcp." };
      response.writeHead(200, { "content-type": "text/plain" }).end(JSON.stringify(said));
      return true;
    });
    const { message } = await failureOf(ours(base(aws)));
    expect(message).toContain("AssumeRoleUnauthorizedAccess: EC2 cannot assume the role mcp.");
  });

  for (const [what, answer, why] of [
    [
      "a page",
      (_, response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>"),
      "text/html",
    ],
    [
      "a redirect",
      (_, response) => response.writeHead(307, { location: "http://127.0.0.1:1/" }).end(),
      "HTTP status 307",
    ],
    ["an endless answer", (_, response) => response.end("x".repeat(200_000)), "longer than 64 KiB"],
    ["a slow answer", (_, response) => drip(response, 100), "it gave no answer within 1 s"],
  ] as [string, Answer, string][])
    test(`${what} in place of metadata and of an agent's answer`, async () => {
      const aws = await start((request, response) => {
        answer(request, response, "");
        return true;
      });
      const agent = { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${aws.origin}/agent` };
      for (const env of [base(aws), base(aws, agent)])
        expect((await failureOf(ours(env))).message).toContain(why);
    });
});
