import { describe, expect, test } from "bun:test";
import { withoutSecrets } from "../../lib/auth/redact.ts";

const secret = 'p&<"ß/+=%z-9Q~ sécret';
const percent = encodeURIComponent(secret);
const lower = percent.replace(/%[0-9A-F]{2}/g, (code) => code.toLowerCase());
const html = secret.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
const FORMS: Record<string, string> = {
  plain: secret,
  "percent encoding": percent,
  "percent encoding in lower case": lower,
  "percent encoding of every byte": Buffer.from(secret).toString("hex").replace(/../g, "%$&"),
  "percent encoding, twice": encodeURIComponent(percent),
  "a form": new URLSearchParams({ s: secret }).toString().slice(2),
  HTML: html,
  "HTML in numbers": [...secret].map((char) => `&#${char.codePointAt(0)};`).join(""),
  "HTML in hex": [...secret].map((char) => `&#x${char.codePointAt(0)?.toString(16)};`).join(""),
  JSON: JSON.stringify(secret),
  "JSON with all characters escaped": [...secret]
    .map((char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`)
    .join(""),
  "JSON within JSON": JSON.stringify(JSON.stringify(secret)),
  "JSON of HTML": JSON.stringify(html).replaceAll("&", "\\u0026"),
  "JSON of percent encoding": JSON.stringify(lower).replaceAll("%", "\\u0025"),
  base64: Buffer.from(secret).toString("base64"),
  base64url: Buffer.from(secret).toString("base64url"),
  "base64 of id and secret": Buffer.from(`id:${secret}`).toString("base64"),
  "base64 of something longer": Buffer.from(`{"client":"x","secret":"${secret}"}`).toString("base64"),
  "base64 in percent encoding": encodeURIComponent(Buffer.from(`i:${secret}`).toString("base64")),
  "base64 of id and secret in percent encoding": Buffer.from(`id:${percent}`).toString("base64"),
  "base64 of id and secret in a form": Buffer.from(
    `id:${new URLSearchParams({ s: secret }).toString().slice(2)}`,
  ).toString("base64"),
  hex: Buffer.from(secret).toString("hex"),
};

describe("a secret that a server repeats", () => {
  for (const [form, text] of Object.entries(FORMS))
    test(`a secret is hidden in ${form}`, () => {
      const shown = withoutSecrets(`bad secret: ${text} for id`, [secret]);
      expect(shown).toMatch(/^bad secret: ["\\]*…["\\]*=* for id$/);
    });

  test("a secret is hidden wherever it stands, and nothing else is", () => {
    expect(withoutSecrets("hunter2hunter2 and hunter2", ["hunter2"])).toBe("…… and …");
    expect(withoutSecrets("100% of &amp; \\n + 日本 😀", ["hunter2"])).toBe("100% of &amp; \\n + 日本 😀");
    expect(withoutSecrets("😀hunter2😀", ["hunter2"])).toBe("😀…😀");
    expect(withoutSecrets("abc", ["abc", undefined])).toBe("abc");
    expect(withoutSecrets("abcabc123", ["abcabc", "abc123"])).toBe("…");
  });

  test("a secret is hidden where a text was cut within it", () => {
    expect(withoutSecrets("bad token hunter2hun…", ["hunter2hunter2"])).toBe("bad token …");
    expect(withoutSecrets("bad token hun…", ["hunter2hunter2"])).toBe("bad token hun…");
  });

  test("a secret is sought in no time in a long text", () => {
    const startedMs = performance.now();
    for (const part of ["%41", "&#65;", "\\u0041", "A", "\\", "&", "%25", "QUFB", "4141"])
      withoutSecrets(part.repeat(1_000_000), ["A".repeat(4096), "AAAA"]);
    expect(performance.now() - startedMs).toBeLessThan(4000);
  });
});
