// Secrets from files, commands, stdin, keys, assertions and terminals: none may be seen but in the request.
import { expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { BINARY } from "../../support/home.ts";
import { makeCertificates } from "../../support/net/certificates.ts";
import { found, known, S } from "./forms.ts";
import { handshake, MODES, secretWorld } from "./world.ts";

const world = secretWorld();

test("no secret is seen from a file, a command, stdin, keys and assertions; and children are given none", async () => {
  const dump = join(world.given, "dump");
  const commandFile = world.put("command", S.command);
  const spy = `{ env; tr '\\0' ' ' </proc/$$/cmdline; tr '\\0' ' ' </proc/$PPID/cmdline; ps -eo args; } >>${dump}; cat ${commandFile}`;
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const plain = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const locked = privateKey
    .export({ type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: S.keyPassphrase })
    .toString();
  known.privateKey = plain.split("\n").slice(2, -2).join("").slice(100, 200);
  known.privateKeyLine = plain.split("\n")[5] ?? "";
  const { client } = makeTls();
  const ways: { flags?: string[]; env?: Record<string, string>; input?: string }[] = [
    { flags: ["--client-secret-file", world.put("file", `${S.file}\n`)] },
    {
      flags: ["--client-secret-command", spy],
      env: { M2MCP_PASSPHRASE: S.passphrase, M2MCP_CLIENT_SECRET: S.variable },
    },
    {
      flags: ["--client-secret-command", spy, "--no-store-secret"],
      env: { M2MCP_HEADER: `X: ${S.headerLiteral}` },
    },
    { flags: ["--client-secret-command", `cat ${commandFile} >&2; cat ${commandFile}; exit 3`] },
    { flags: ["--client-secret", "-"], input: S.stdin },
    {
      flags: [
        "--private-key",
        world.put("locked.pem", locked),
        "--private-key-passphrase-file",
        world.put("pass", S.keyPassphrase),
      ],
    },
    {
      flags: [
        "--private-key",
        world.put("locked2.pem", locked),
        "--private-key-passphrase-file",
        world.put("wrong", S.file),
      ],
    },
    { flags: ["--private-key", world.put("locked3.pem", locked)] },
    { env: { M2MCP_PRIVATE_KEY: plain } },
    { env: { M2MCP_PRIVATE_KEY: `  ${plain}` } },
    { env: { M2MCP_PRIVATE_KEY: plain.replaceAll("\n", "\\n") } },
    { env: { M2MCP_PRIVATE_KEY: plain.slice(0, 900) } },
    { env: { M2MCP_PRIVATE_KEY: plain.split("\n").slice(1, -2).join("") } },
    { env: { M2MCP_PRIVATE_KEY: JSON.stringify(privateKey.export({ format: "jwk" })) } },
    { flags: ["--client-assertion-file", world.put("assertion", S.assertion)] },
    { flags: ["--client-assertion-command", `cat ${world.put("assertion2", S.assertion)}`] },
    { flags: ["--grant", "jwt-bearer", "--client-assertion-file", world.put("assertion3", S.assertion)] },
    { flags: ["--client-cert", client.certFile, "--client-key", client.keyFile] },
    { env: { M2MCP_CLIENT_SECRET_FILE: S.file } },
    { env: { M2MCP_CLIENT_ASSERTION_FILE: S.assertion } },
    { flags: ["--private-key", S.flag] },
    { flags: ["--client-cert", client.certFile, "--client-key", readFileSync(client.keyFile, "utf8")] },
  ];
  for (const [index, { flags = [], env = {}, input }] of ways.entries())
    for (const place of ["mcp", "refuse"])
      for (const call of ["login", "tools-list", "doctor", "bridge"])
        await Promise.all(
          [["--verbose"], ["--verbose", "--json"]].map((mode) =>
            world.hush(
              [
                call,
                `${world.origin}/${place}`,
                ...(call === "login" ? [`@way${index}`] : []),
                "--client-id",
                "id",
                ...flags,
                ...mode,
              ],
              { env, input: input ?? (call === "bridge" ? handshake : "") },
            ),
          ),
        );
  const dumped = readFileSync(dump);
  expect(dumped.includes("HOME=")).toBe(true);
  expect(found(dumped)).toEqual([]);
}, 240_000);

test("no secret is seen that is typed at a terminal", async () => {
  const typing = async (args: string[], lines: string[], env: Record<string, string> = {}) => {
    let shown = "";
    let left = [...lines];
    const child = Bun.spawn([BINARY, ...args], {
      env: { ...world.home.env, M2MCP_STORE: "file", ...env },
      terminal: {
        cols: 200,
        rows: 50,
        data(terminal, data) {
          shown += Buffer.from(data).toString();
          const asked = shown.match(/: (\r?\n|$)/g)?.length ?? 0;
          while (left.length > 0 && asked > lines.length - left.length) {
            terminal.write(`${left[0]}\r`);
            left = left.slice(1);
          }
        },
      },
    });
    const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
    const code = await child.exited;
    clearTimeout(timer);
    child.terminal?.close();
    expect(found(Buffer.from(shown))).toEqual([]);
    return { code, shown };
  };
  const login = ["login", `${world.origin}/mcp`, "@typed", "--client-id", "id", "--verbose"];
  // How the client proves itself is asked first: by a secret, unless something else is chosen.
  const typed = await typing(login, ["", S.prompt]);
  expect([typed.code, typed.shown.includes("secret of client id: ")]).toEqual([0, true]);
  const changed = await typing(["store", "passphrase"], [S.newPassphrase, S.newPassphrase]);
  expect(changed.code).toBe(0);
  const env = { M2MCP_PASSPHRASE: S.newPassphrase };
  for (const mode of MODES)
    await Promise.all([
      world.hush(["@typed", "tools-list", ...mode], { env }),
      world.hush(["store", ...mode], { env }),
      world.hush(["@typed", "tools-list", ...mode], { env: { M2MCP_PASSPHRASE: S.passphrase } }),
      world.hush(["@typed", "tools-list", ...mode]),
    ]);
  const back = { ...env, M2MCP_NEW_PASSPHRASE: S.passphrase };
  expect((await world.hush(["store", "passphrase", "--verbose"], { env: back })).code).toBe(0);
  expect(
    (await world.hush(["store", "move", "--to", "file"], { env: { M2MCP_PASSPHRASE: S.passphrase } })).code,
  ).toBe(0);
}, 120_000);

world.testFiles(340);

function makeTls() {
  const certificates = makeCertificates();
  chmodSync(certificates.client.keyFile, 0o600);
  const body = readFileSync(certificates.client.keyFile, "utf8").split("\n");
  known.clientKey = body[1] ?? "";
  execFileSync("mv", [certificates.folder, join(world.given, "tls")]);
  const moved = (path: string) => path.replace(certificates.folder, join(world.given, "tls"));
  return {
    client: { certFile: moved(certificates.client.certFile), keyFile: moved(certificates.client.keyFile) },
  };
}
