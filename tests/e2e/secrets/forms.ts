// Recognizable secrets, and the search for them in all that the program says and writes.
import { randomBytes } from "node:crypto";

// Each is long, holds what encodings change, and stands nowhere else.
// Others run beside this one, whose secrets may stand in the list of processes: each run has its own.
const run = randomBytes(4).toString("hex");
const plant = (name: string) => `zq7:${name}%+ /ü~${name}-${run}`;
const header = (name: string) => `zq7-${name}-${run}`;
export const S = {
  flag: plant("flag"),
  variable: plant("variable"),
  file: plant("file"),
  command: plant("command"),
  stdin: plant("stdin"),
  prompt: plant("prompt"),
  passphrase: plant("passphrase"),
  newPassphrase: plant("newpassphrase"),
  keyPassphrase: plant("keypassphrase"),
  headerLiteral: header("headerliteral"),
  headerVariable: header("headervariable"),
  tokenParam: plant("tokenparam"),
  proxy: header("proxy"),
  urlPassword: header("urlpassword"),
  urlQuery: header("urlquery"),
  assertion: header("assertion"),
  token: header("token"),
};
/** All of them by name; a test adds those that it makes. */
export const known: Record<string, string> = { ...S };

/** All the ways a secret may stand in bytes; base64 at each of the three positions it can begin at. */
function forms(secret: string): Buffer[] {
  const bytes = Buffer.from(secret);
  const inside = (kind: "base64" | "base64url") =>
    [0, 1, 2].map((shift) => {
      const text = Buffer.concat([Buffer.alloc(shift), bytes])
        .toString(kind)
        .replace(/=+$/, "");
      return text.slice(shift === 0 ? 0 : shift + 1, -2);
    });
  return [
    secret,
    ...inside("base64"),
    ...inside("base64url"),
    encodeURIComponent(secret),
    new URLSearchParams({ "": secret }).toString().slice(1),
    JSON.stringify(secret).slice(1, -1),
    bytes.toString("hex"),
  ].map((form) => Buffer.from(form));
}

/** Names of the secrets that bytes hold. */
export const found = (bytes: Uint8Array): string[] =>
  Object.entries(known)
    .filter(([, secret]) => forms(secret).some((form) => Buffer.from(bytes).includes(form)))
    .map(([name]) => name);
