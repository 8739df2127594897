// The tokens of pipelines' jobs on the executable: platform → authorization server that verifies → MCP server.
import { describe, expect, test } from "bun:test";
import { spawn } from "node:child_process";
import { join } from "node:path";
import { collect, homeForEachTest, ROOT } from "../../support/home.ts";
import { json } from "../../support/mcp/scripted.ts";
import { type Issuer, makeIssuer } from "../../support/platforms/issuer.ts";
import { programIn } from "../../support/platforms/programs.ts";
import { platformWorld, usualAudience } from "../../support/platforms/world.ts";

const home = homeForEachTest();
const USES = ["client", "grant"] as const;
const JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

describe("github-actions", () => {
  /** The token service of a job, as its reference has it. */
  const actions = async (issuer: Issuer, troubles: number[] = []) => {
    const world = await platformWorld(home, issuer, usualAudience, {
      before(request, response) {
        const url = new URL(request.url ?? "/", "http://x");
        if (url.pathname !== "/actions") return false;
        const trouble = troubles.shift();
        if (trouble !== undefined) {
          json(response, {}, trouble);
          return true;
        }
        const isJob = request.headers.authorization === "Bearer job-request-token";
        const audience = url.searchParams.get("audience") ?? "https://github.com/owner";
        if (isJob && url.searchParams.get("api-version") === "2.0")
          void issuer.token(audience).then((value) => json(response, { count: 1, value }));
        else json(response, {}, 401);
        return true;
      },
    });
    return {
      ...world,
      env: {
        ACTIONS_ID_TOKEN_REQUEST_URL: `${world.origin}/actions?api-version=2.0`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: "job-request-token",
      },
    };
  };

  for (const use of USES)
    test(`as ${use}: the token that @actions/core gets`, async () => {
      const issuer = await makeIssuer("https://token.actions.githubusercontent.com", "repo:owner/name");
      const { env, taken, call, origin } = await actions(issuer);
      const { code, stderr } = await call(use, "github-actions", env);
      expect([code, stderr]).toEqual([0, expect.not.stringContaining("job-request-token")]);
      const script = join(ROOT, "tests/support/platforms/actions-token.mjs");
      const theirs = await collect(
        spawn(process.execPath, [script, usualAudience(use, origin)], { env: { ...process.env, ...env } }),
      );
      expect([theirs.stderr, theirs.stdout.split("\n=").at(-1)]).toEqual(["", taken[0]?.token ?? ""]);
    });

  test("a service that is busy for a moment is asked once more, as @actions/core does", async () => {
    const issuer = await makeIssuer("https://token.actions.githubusercontent.com", "repo:owner/name");
    const { env, call } = await actions(issuer, [503]);
    expect((await call("client", "github-actions", env)).code).toBe(0);
  });
});

describe("gitlab", () => {
  const SERVER = { GITLAB_CI: "true", CI_SERVER_URL: "https://gitlab.example.com" };
  const gitlab = async () => {
    const issuer = await makeIssuer("https://gitlab.example.com", "project_path:group/project");
    return { issuer, ...(await platformWorld(home, issuer)) };
  };

  for (const use of USES)
    test(`as ${use}: the variable of id_tokens that is for the server, whatever its name`, async () => {
      const { issuer, taken, call, origin } = await gitlab();
      const env = {
        ...SERVER,
        VAULT_ID_TOKEN: await issuer.token("https://vault.example.com"),
        OUR_ID_TOKEN: await issuer.token(usualAudience(use, origin)),
        CI_JOB_TOKEN: await issuer.token(usualAudience(use, origin), { scope: "the job's own" }),
      };
      const { code, stderr } = await call(use, "gitlab", env);
      expect([code, stderr]).toEqual([0, expect.stringContaining("the variable OUR_ID_TOKEN holds")]);
      expect(taken.map(({ token }) => token)).toEqual([env.OUR_ID_TOKEN]);
      if (use === "client") expect(taken[0]).toMatchObject({ type: JWT_BEARER, clientId: "machine" });
      for (const token of [env.VAULT_ID_TOKEN, env.OUR_ID_TOKEN, env.CI_JOB_TOKEN])
        expect(stderr).not.toContain(token.split(".")[2] ?? "");
    });

  test("GITLAB_OIDC_TOKEN, or the variable that is named", async () => {
    const { issuer, taken, call, origin } = await gitlab();
    const [usual, other] = [await issuer.token(origin, { n: 1 }), await issuer.token(origin, { n: 2 })];
    const env = { ...SERVER, GITLAB_OIDC_TOKEN: usual, MINE: other };
    expect((await call("client", "gitlab", env, "--assertion-identity", "GITLAB_OIDC_TOKEN")).code).toBe(0);
    expect((await call("client", "gitlab", { MINE: other }, "--assertion-identity", "MINE")).code).toBe(0);
    expect(taken.map(({ token }) => token)).toEqual([usual, other]);
  });

  test("what is missing is said: the job, the variable, the audience, the time", async () => {
    const { issuer, call, taken } = await gitlab();
    const said = async (env: Record<string, string>, ...more: string[]) => {
      const { code, stderr } = await call("client", "gitlab", env, ...more);
      expect(code).toBe(4);
      return stderr;
    };
    expect(await said({})).toContain("the variable GITLAB_CI is not set");
    const none = await said({ GITLAB_CI: "true" });
    expect(none).toContain("no variable holds an ID token of this job");
    expect(none).toContain("id_tokens: { GITLAB_OIDC_TOKEN: { aud: http://127.0.0.1");
    const [one, two] = [await issuer.token("https://a.example"), await issuer.token("https://b.example")];
    expect(await said({ ...SERVER, A_TOKEN: one, B_TOKEN: two })).toContain(
      "none of the tokens in A_TOKEN, B_TOKEN is for",
    );
    expect(await said({ GITLAB_OIDC_TOKEN: one }, "--assertion-audience", "https://c.example")).toContain(
      "the token in GITLAB_OIDC_TOKEN is for https://a.example, not for https://c.example",
    );
    const over = await issuer.token("x", { exp: Math.floor(Date.now() / 1000) - 60 });
    expect(await said({ GITLAB_OIDC_TOKEN: over })).toMatch(/the token in GITLAB_OIDC_TOKEN ended 6\d s ago/);
    expect(await said({}, "--assertion-identity", "NO_SUCH")).toContain("the variable NO_SUCH is not set");
    expect(await said({ PLANTED: "planted secret" }, "--assertion-identity", "PLANTED")).toMatch(
      /^(?!.*planted secret)[\s\S]*what the variable PLANTED holds is no JWT/,
    );
    expect(taken).toEqual([]);
  });
});

describe("azure-devops", () => {
  const ENTRA = "api://AzureADTokenExchange";
  const CONNECTION = "11111111-2222-3333-4444-555555555555";
  const devops = async (issuer: Issuer, asked: URL[] = []) => {
    const world = await platformWorld(home, issuer, () => ENTRA, {
      before(request, response) {
        const url = new URL(request.url ?? "/", "http://x");
        if (!url.pathname.endsWith("/oidctoken")) return false;
        asked.push(url);
        const { authorization, "content-type": type, "x-tfs-fedauthredirect": redirect } = request.headers;
        const isJob = authorization === "Bearer system-access-token" && request.method === "POST";
        const isRight = type === "application/json" && url.searchParams.get("api-version") === "7.1";
        const sub = url.searchParams.get("serviceConnectionId") ?? "pipeline";
        if (!isJob || redirect !== "Suppress") response.writeHead(302, { location: "/signin" }).end();
        else if (!isRight) json(response, {}, 400);
        else void issuer.token(ENTRA, { sub }).then((oidcToken) => json(response, { oidcToken }));
        return true;
      },
    });
    const env = {
      SYSTEM_OIDCREQUESTURI: `${world.origin}/org/project/_apis/distributedtask/hubs/build/plans/p/jobs/j/oidctoken`,
      SYSTEM_ACCESSTOKEN: "system-access-token",
    };
    return { ...world, env };
  };

  for (const use of USES)
    test(`as ${use}: the token of the service connection, for Entra ID's audience`, async () => {
      const issuer = await makeIssuer("https://vstoken.dev.azure.com/org", "sc://org/project/name");
      const { env, call, taken } = await devops(issuer);
      const named = { ...env, AZURESUBSCRIPTION_SERVICE_CONNECTION_ID: CONNECTION };
      expect((await call(use, "azure-devops", named)).code).toBe(0);
      const { code, stderr } = await call(use, "azure-devops", env, "--assertion-identity", "other");
      expect([code, stderr]).toEqual([0, expect.not.stringContaining("system-access-token")]);
      expect(taken.map(({ claims }) => claims.sub)).toEqual([CONNECTION, "other"]);
    });

  test("it is the token that @azure/identity gets", async () => {
    const issuer = await makeIssuer("https://vstoken.dev.azure.com/org", "sc://org/project/name");
    const { env, call, taken } = await devops(issuer);
    expect((await call("client", "azure-devops", env, "--assertion-identity", CONNECTION)).code).toBe(0);
    const script = join(ROOT, "tests/support/platforms/pipelines-token.mjs");
    const theirs = await collect(
      spawn(process.execPath, [script, CONNECTION], { env: { ...process.env, ...env } }),
    );
    expect([theirs.stderr, theirs.stdout]).toEqual(["", taken[0]?.token ?? ""]);
  });

  test("what is missing is said: the job, the token that steps must be given, the service connection", async () => {
    const issuer = await makeIssuer("https://vstoken.dev.azure.com/org", "sc://org/project/name");
    const { env, call } = await devops(issuer);
    const said = async (given: Record<string, string>, ...more: string[]) =>
      (await call("client", "azure-devops", given, ...more)).stderr;
    expect(await said({})).toContain("the variable SYSTEM_OIDCREQUESTURI is not set");
    for (const token of ["", "$(System.AccessToken)"])
      expect(await said({ ...env, SYSTEM_ACCESSTOKEN: token })).toContain(
        "give the step env: { SYSTEM_ACCESSTOKEN: $(System.AccessToken) }",
      );
    const refused = await said({ ...env, SYSTEM_ACCESSTOKEN: "stale" });
    expect(refused).toContain("redirect");
    expect(refused).not.toContain("stale");
    expect(await said(env, "--assertion-audience", "https://as.example")).toContain(
      "its tokens are for api://AzureADTokenExchange, not for https://as.example",
    );
  });
});

describe("circleci", () => {
  const AUDIENCE_OF = `(args) => args.slice(0, 4).join(" ") === "run oidc get --claims" && args.length === 5
    ? JSON.parse(args[4]).aud : undefined`;
  const circleci = async () => {
    const issuer = await makeIssuer("https://oidc.circleci.com/org/o", "org/o/project/p/user/u");
    return { issuer, ...(await platformWorld(home, issuer)) };
  };

  for (const use of USES)
    test(`as ${use}: the program of jobs makes one for the server`, async () => {
      const { issuer, call, taken, origin } = await circleci();
      const { env, runs } = programIn(home, "circleci", issuer, AUDIENCE_OF);
      const own = await issuer.token("organization-id");
      const { code } = await call(use, "circleci", {
        ...env,
        CIRCLECI: "true",
        CIRCLE_OIDC_TOKEN_V2: own,
        M2MCP_PASSPHRASE: "x",
      });
      expect([code, taken.length]).toEqual([0, 1]);
      const aud = usualAudience(use, origin);
      expect(runs()).toEqual([["run", "oidc", "get", "--claims", JSON.stringify({ aud })]]);
    });

  test("the variable's own token where it is for the server, or where the program is not there", async () => {
    const { issuer, call, taken, origin } = await circleci();
    const { env, runs } = programIn(home, "circleci", issuer, AUDIENCE_OF);
    const fitting = await issuer.token([origin]);
    expect((await call("client", "circleci", { ...env, CIRCLE_OIDC_TOKEN_V2: fitting })).code).toBe(0);
    expect([taken[0]?.token, runs()]).toEqual([fitting, []]);
    const other = {
      CIRCLECI: "true",
      CIRCLE_OIDC_TOKEN: await issuer.token("organization-id"),
      PATH: join(home.folder, "none"),
    };
    const sent = await call("grant", "circleci", other);
    expect([sent.code, sent.stderr]).toEqual([
      4,
      expect.stringContaining("the token in CIRCLE_OIDC_TOKEN is for organization-id"),
    ]);
    expect(
      (await call("client", "circleci", other, "--assertion-audience", "https://as.example")).stderr,
    ).toContain("and circleci, which makes one for https://as.example, is not on PATH");
  });

  test("what is missing is said", async () => {
    const { issuer, call } = await circleci();
    expect((await call("client", "circleci", {})).stderr).toContain("the variable CIRCLECI is not set");
    const bare = { CIRCLECI: "true", PATH: join(home.folder, "none") };
    expect((await call("client", "circleci", bare)).stderr).toContain(
      "CIRCLE_OIDC_TOKEN_V2 is not set, and circleci is not on PATH",
    );
    const { env } = programIn(home, "circleci", issuer, "() => undefined");
    const failed = await call("client", "circleci", { ...env, CIRCLECI: "true" });
    expect([failed.code, failed.stderr]).toEqual([
      4,
      expect.stringContaining("circleci run oidc get failed: exit code 1"),
    ]);
    expect(failed.stderr).not.toContain("planted-usage");
  });
});

describe("buildkite", () => {
  const AUDIENCE_OF = `(args) => args.slice(0, 3).join(" ") === "oidc request-token --audience" ? args[3] : undefined`;
  const buildkite = async () => {
    const issuer = await makeIssuer("https://agent.buildkite.com", "organization:o:pipeline:p");
    return { issuer, ...(await platformWorld(home, issuer)) };
  };

  for (const use of USES)
    test(`as ${use}: the agent's program makes one for the server`, async () => {
      const { issuer, call, taken, origin } = await buildkite();
      const { env, runs } = programIn(home, "buildkite-agent", issuer, AUDIENCE_OF);
      const job = { ...env, BUILDKITE: "true" };
      expect((await call(use, "buildkite", job)).code).toBe(0);
      expect((await call(use, "buildkite", job, "--assertion-lifetime", "120")).code).toBe(0);
      const first = ["oidc", "request-token", "--audience", usualAudience(use, origin)];
      expect([taken.length, runs()]).toEqual([2, [first, [...first, "--lifetime", "120"]]]);
    });

  test("what is missing is said, and an audience is no word of a shell", async () => {
    const { issuer, call } = await buildkite();
    expect((await call("client", "buildkite", {})).stderr).toContain("the variable BUILDKITE is not set");
    const bare = { BUILDKITE: "true", PATH: join(home.folder, "none") };
    expect((await call("client", "buildkite", bare)).stderr).toContain("buildkite-agent is not on PATH");
    const { env, runs } = programIn(home, "buildkite-agent", issuer, "() => undefined");
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a shell would read it
    const audience = "urn:x:$(touch${IFS}planted)`touch${IFS}planted`";
    const failed = await call(
      "client",
      "buildkite",
      { ...env, BUILDKITE: "true" },
      "--assertion-audience",
      audience,
    );
    expect([failed.code, failed.stderr]).toEqual([
      4,
      expect.stringContaining("request-token failed: exit code 1"),
    ]);
    expect(runs().at(-1)?.at(-1)).toBe(audience);
  });
});

describe("--client-assertion-env and --client-assertion-type", () => {
  test("a variable that is named, and the type that is sent with it", async () => {
    const issuer = await makeIssuer("https://ci.example", "job");
    const { url, origin, taken } = await platformWorld(home, issuer);
    const env = { SOME_TOKEN: `${await issuer.token(origin)}\n` };
    const login = ["login", url, "@svc", "--client-id", "machine", "--client-assertion-env", "SOME_TOKEN"];
    const type = "urn:example:client-assertion-type:of-ours";
    expect((await home.run([...login, "--client-assertion-type", type], { env })).code).toBe(0);
    expect(taken).toMatchObject([{ type, clientId: "machine" }]);
    const entry = await home.run(["install", "@svc", "--print", "--host", "cursor"], { env });
    expect(entry.stderr).toContain("takes SOME_TOKEN from the environment, which hosts may not pass on");
    expect(entry.stdout).not.toContain("SOME_TOKEN");
    const other = await home.run([...login.slice(0, -1), "NOT_THERE"], { env });
    expect([other.code, other.stderr]).toEqual([
      4,
      expect.stringContaining("the variable NOT_THERE is not set"),
    ]);
  });

  test("a token in place of a name is not repeated, and a type is a URI", async () => {
    const issuer = await makeIssuer("https://ci.example", "job");
    const { url } = await platformWorld(home, issuer);
    const token = await issuer.token("x");
    const run = (...args: string[]) => home.run(["tools-list", url, "--client-id", "id", ...args]);
    const slip = await run("--client-assertion-env", token);
    expect([slip.code, slip.stderr]).toEqual([1, expect.stringContaining("names is no variable")]);
    expect(slip.stderr).not.toContain(token);
    const type = await run("--client-assertion-env", "X", "--client-assertion-type", "jwt-bearer");
    expect([type.code, type.stderr]).toEqual([1, expect.stringContaining("is no URI")]);
  });
});
