// Private keys on the executable, whose cryptography is not that of Node, and on Deno.
import { afterAll, beforeAll, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { exportJWK, importSPKI } from "jose";
import { KINDS, makeKey } from "../../auth/key-forms.ts";
import { createHome, type Home, ROOT } from "../../support/home.ts";
import { startWorld, type World } from "../../support/world.ts";

const keys = Object.fromEntries(["RSA", "RSA-PSS", "P-384", "Ed25519"].map((kind) => [kind, makeKey(kind)]));

let world: World;
const homes: Home[] = [];
beforeAll(async () => {
  const clients = [];
  for (const [kind, { publicPem, modulusHex }] of Object.entries(keys)) {
    const jwk = modulusHex
      ? { kty: "RSA", n: Buffer.from(modulusHex, "hex").toString("base64url"), e: "AQAB" }
      : await exportJWK(await importSPKI(publicPem, KINDS[kind]?.algs[0] ?? ""));
    clients.push({
      client_id: kind,
      token_endpoint_auth_method: "private_key_jwt" as const,
      jwks: { keys: [jwk] as never[] },
    });
  }
  world = await startWorld({ clients });
});
afterAll(async () => {
  for (const home of homes) home.remove();
  await world.end();
});

for (const [name, command] of [
  ["the executable", undefined],
  ["Deno", [join(ROOT, "node_modules/.bin/deno"), "run", "-A", join(ROOT, "cli.ts")]],
] as const)
  for (const [kind, { forms }] of Object.entries(keys))
    test(`${name}: ${kind} in ${forms.length} forms`, async () => {
      const home = createHome(command && [...command]);
      homes.push(home);
      const [key, passphrase] = [join(home.folder, "key"), join(home.folder, "passphrase")];
      for (const form of forms) {
        writeFileSync(key, form.text);
        writeFileSync(passphrase, `${form.passphrase ?? "needless"}\n`);
        const args = ["login", world.mcp.url, "@svc", "--client-id", kind, "--private-key", key];
        const { code, stderr } = await home.run([...args, "--private-key-passphrase-file", passphrase]);
        expect([form.name, code, stderr]).toEqual([form.name, 0, expect.not.stringContaining("error")]);
      }
      expect((await home.run(["@svc", "tools-list"])).code).toBe(0);
    }, 60_000);

test("a wrong passphrase is said, and neither it nor the key is quoted", async () => {
  const home = createHome();
  homes.push(home);
  const text = keys.RSA?.forms.find((form) => form.name === "encrypted PKCS#1")?.text ?? "";
  const [key, passphrase] = [join(home.folder, "key"), join(home.folder, "passphrase")];
  writeFileSync(key, text);
  writeFileSync(passphrase, "wrong-passphrase");
  const args = ["login", world.mcp.url, "--client-id", "RSA", "--private-key", key, "--verbose"];
  const { code, stdout, stderr } = await home.run([...args, "--private-key-passphrase-file", passphrase]);
  expect([code, stderr]).toEqual([4, expect.stringContaining("passphrase is wrong")]);
  for (const line of [...text.split("\n").filter((one) => one.length > 20), "wrong-passphrase"])
    expect(stdout + stderr).not.toContain(line);
});
