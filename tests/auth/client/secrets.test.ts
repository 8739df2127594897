// One reader for every secret, key and certificate, whatever editors, shells and hosts did to it.
import { afterAll, describe, expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isKeyText, pemText } from "../../../lib/auth/client/pem.ts";
import { readPrivateKey } from "../../../lib/auth/client/private-key.ts";
import { readPem, readSecret } from "../../../lib/auth/client/secrets.ts";
import { until } from "../../support/waiting.ts";

const folder = mkdtempSync(join(tmpdir(), "m2mcp-secrets-"));
afterAll(() => rmSync(folder, { recursive: true }));
const secret = "s3cr3t-välue";
const file = (name: string, bytes: string | Buffer) => {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return { from: "file", path } as const;
};

describe("a secret", () => {
  for (const [words, bytes] of [
    ["as it is", secret],
    ["with a newline", `${secret}\n`],
    ["with line ends of all kinds", `${secret}\r\n\n\r`],
    ["with a byte order mark", `\ufeff${secret}\n`],
    ["in UTF-16, little endian", Buffer.from(`\ufeff${secret}\r\n`, "utf16le")],
    ["in UTF-16, big endian", Buffer.from(`\ufeff${secret}\r\n`, "utf16le").swap16()],
    ["in UTF-16 without a mark", Buffer.from(`${secret}\r\n`, "utf16le")],
  ] as const)
    test(`a secret is read from a file ${words}`, async () => {
      expect(await readSecret(file("s", bytes), {})).toBe(secret);
    });

  test("a secret keeps its blanks", async () => {
    expect(await readSecret(file("s", "  a b \n"), {})).toBe("  a b ");
  });

  for (const [why, text] of [
    ["a newline (U+000A)", "two\nlines"],
    ["a control character", "a\u0007b"],
    ["one that is not seen (U+200B)", "a\u200bb"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: that is the fault
    ["variable that nothing expanded", "${MCP_SECRET}"],
    ["variable that nothing expanded", "{{ secrets.x }}"],
    ["it is empty", "\n\n"],
    ["not text", Buffer.from([0x61, 0xff, 0x62])],
  ] as const)
    test(`a secret with ${why} is refused by name, and never quoted`, async () => {
      const error = await readSecret(file("s", text), {}).catch((caught) => caught);
      expect(error.code).toBe("secret_unreadable");
      expect(error.message).toContain(why);
      expect(error.message).not.toContain("MCP_SECRET");
    });

  test("a secret is not waited for at a pipe without a writer, nor read from a device or without end", async () => {
    const pipe = join(folder, "pipe");
    spawnSync("mkfifo", [pipe]);
    for (const path of [pipe, "/dev/zero", folder, join(folder, "none")])
      await expect(readSecret({ from: "file", path }, {})).rejects.toThrow("cannot read");
    const large = file("large", Buffer.alloc(2 * 1024 * 1024, 97));
    await expect(readSecret(large, {})).rejects.toThrow("larger than 1 MiB");
  });
});

test("a file of a secret or a key takes a time that grows with its length alone", async () => {
  const count = 1_000_000;
  const began = performance.now();
  const lines = "\n".repeat(count);
  await expect(readSecret(file("lines", `a${lines}b`), {})).rejects.toThrow("a newline");
  for (const text of [
    "-----BEGIN PRIVATE KEY-----\n".repeat(count / 28),
    `-----BEGIN A-----${" ".repeat(count)}x`,
  ])
    expect(() => readPrivateKey(pemText(text), undefined)).toThrow("it is neither");
  // The square of it takes minutes.
  expect(performance.now() - began).toBeLessThan(2000);
});

describe("a secret's command", () => {
  // Another copy of the tests may run beside this one.
  const mark = (number: string) => `sleep ${number}${process.pid}`;
  const isRunning = (command: string) =>
    spawnSync("pgrep", ["-f", `^${command}$`])
      .stdout.toString()
      .trim() !== "";
  const run = (command: string) => readSecret({ from: "command", command }, { PATH: process.env.PATH });

  test("a command's secret is read like a file's", async () => {
    expect(await run(`printf '${secret}\\n\\n'`)).toBe(secret);
    await expect(run("printf 'a\\nb'")).rejects.toThrow("a newline");
    await expect(run("true")).rejects.toThrow("it printed nothing");
    await expect(run("echo x; exit 3")).rejects.toThrow("exit code 3");
  });

  test("a command that leaves something running that holds its pipe is done all the same, and ends it", async () => {
    const startedMs = performance.now();
    expect(await run(`${mark("27.31")} & echo x`)).toBe("x");
    expect(performance.now() - startedMs).toBeLessThan(5000);
    await until(() => !isRunning(mark("27.31")));
  });

  test("a command that prints without end is ended, with all that it started", async () => {
    await expect(run(`${mark("27.32")} & cat /dev/zero`)).rejects.toThrow("more than 1 MiB");
    await until(() => !isRunning(mark("27.32")));
  });
});

describe("a key", () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
  const cipher = { cipher: "aes-128-cbc", passphrase: "pass" } as const;
  const old = privateKey.export({ type: "pkcs1", format: "pem", ...cipher }).toString();
  const jwk = JSON.stringify(privateKey.export({ format: "jwk" }));
  const pkcs1 = privateKey.export({ type: "pkcs1", format: "pem" }).toString();
  const flat = (text: string) => text.replaceAll("\n", "\\n");
  for (const [words, text, passphrase] of [
    ["as it is", pem],
    ["with \\n for line ends", flat(pem)],
    ["with \\r\\n for line ends", pem.replaceAll("\n", "\\r\\n")],
    ["with line ends of Windows", pem.replaceAll("\n", "\r\n")],
    ["with line ends of old Macs", pem.replaceAll("\n", "\r")],
    ["with a byte order mark", `\ufeff${pem}`],
    ["in quotes", `"${flat(pem)}"`],
    ["in single quotes", `'${pem}'`],
    ["on one line with blanks", pem.replaceAll("\n", " ")],
    ["indented", pem.replaceAll("\n", "\n    ")],
    ["in base64", Buffer.from(pem).toString("base64")],
    ["beside other text", `Bag Attributes\\n  localKeyID: 01\\n${flat(pem)}`],
    ["encrypted, of PKCS#1", old, "pass"],
    ["encrypted, of PKCS#1, with \\n for line ends", flat(old), "pass"],
    ["encrypted, of PKCS#1, on one line with blanks", old.replaceAll("\n", " "), "pass"],
    ["with \\n escaped twice", pem.replaceAll("\n", "\\\\n")],
    ["without its first and last line", pem.replace(/-----.*-----/g, "")],
    ["of PKCS#1, without its first and last line", pkcs1.replace(/-----.*-----/g, "").replaceAll("\n", "")],
    ["as JWK in base64", Buffer.from(jwk).toString("base64")],
    ["as JWK", jwk],
    ["as JWK in a string of JSON", JSON.stringify(jwk)],
  ] as [string, string, string?][])
    test(`a key is read ${words}`, async () => {
      expect(isKeyText(text)).toBe(true);
      const read = await readPem({ from: "value", value: text }, {});
      expect(readPrivateKey(read, passphrase).jwk.n).toBe(privateKey.export({ format: "jwk" }).n ?? "");
    });

  test("a key of UTF-16 is read from a file", async () => {
    const read = await readPem(file("key", Buffer.from(`\ufeff${pem}`, "utf16le")), {});
    expect(readPrivateKey(read, undefined).algs).toContain("RS256");
  });
});
