// Programs that platforms have on PATH in a job, as their documentation has them, in a folder of a test's home.
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Home } from "../home.ts";
import type { Issuer } from "./issuer.ts";

export interface Program {
  /** The variables that find it, and nothing else but what runs it. */
  env: { PATH: string };
  /** Its arguments, run by run. */
  runs(): string[][];
}

/**
 * A program that prints a token.
 *
 * @param audienceOf source of a function from its arguments to the audience; undefined: it fails as for wrong usage
 */
export function programIn(home: Home, name: string, issuer: Issuer, audienceOf: string): Program {
  const folder = join(home.folder, "programs");
  const log = join(folder, `${name}.log`);
  mkdirSync(folder, { recursive: true });
  const source = `#!${process.execPath}
const { appendFileSync } = require("node:fs");
const { createPrivateKey, sign } = require("node:crypto");
const args = process.argv.slice(2);
appendFileSync(${JSON.stringify(log)}, JSON.stringify(args) + "\\n");
for (const name of Object.keys(process.env)) if (/^M2MCP_(?!HOME)/.test(name)) { console.error("inherited"); process.exit(9); }
const audience = (${audienceOf})(args);
if (audience === undefined) { console.error("planted-usage"); process.exit(1); }
const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
const nowS = Math.floor(Date.now() / 1000);
const input = part({ alg: "ES256", kid: "platform" }) + "." +
  part({ iss: ${JSON.stringify(issuer.issuer)}, sub: "job", aud: audience, iat: nowS, exp: nowS + 300 });
const key = createPrivateKey({ key: ${JSON.stringify(issuer.privateJwk)}, format: "jwk" });
console.log(input + "." + sign("sha256", Buffer.from(input), { key, dsaEncoding: "ieee-p1363" }).toString("base64url"));
`;
  const path = join(folder, name);
  writeFileSync(path, source);
  chmodSync(path, 0o755);
  return {
    env: { PATH: folder },
    runs: () =>
      existsSync(log)
        ? readFileSync(log, "utf8")
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line))
        : [],
  };
}
