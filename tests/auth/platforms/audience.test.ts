import { expect, test } from "bun:test";
import { audienceFor } from "../../../lib/auth/platforms/audience.ts";
import { PLATFORM_NAMES } from "../../../lib/auth/platforms/names.ts";
import { loadPlatform } from "../../../lib/auth/platforms/registry.ts";
import { OPTIONS } from "../../../lib/command-line/options.ts";

const AS = { issuer: "https://as.example", tokenEndpoint: "https://as.example/token" };

test("a client is proved to the issuer, a grant is for the token endpoint", () => {
  expect(audienceFor("github-actions", { use: "client", ...AS })).toBe(AS.issuer);
  expect(audienceFor("github-actions", { use: "grant", ...AS })).toBe(AS.tokenEndpoint);
  expect(audienceFor("github-actions", { use: "client", tokenEndpoint: AS.tokenEndpoint })).toBe(
    AS.tokenEndpoint,
  );
  expect(audienceFor("github-actions", "https://named.example")).toBe("https://named.example");
});

test("Entra ID has an audience of its own in each of its clouds", () => {
  for (const [host, audience] of [
    ["login.microsoftonline.com", "api://AzureADTokenExchange"],
    ["sts.windows.net", "api://AzureADTokenExchange"],
    ["login.microsoftonline.us", "api://AzureADTokenExchangeUSGov"],
    ["login.partner.microsoftonline.cn", "api://AzureADTokenExchangeChina"],
  ] as const) {
    const tokenEndpoint = `https://${host}/tenant/oauth2/v2.0/token`;
    for (const use of ["client", "grant"] as const)
      expect(
        audienceFor("github-actions", { use, issuer: `https://${host}/tenant/v2.0`, tokenEndpoint }),
      ).toBe(audience);
  }
});

test("every platform can be named, and says what it looks for", async () => {
  expect(OPTIONS.assertion.choices?.toSorted()).toEqual(["auto", ...PLATFORM_NAMES].sort());
  for (const name of PLATFORM_NAMES) {
    const { title, lookedFor } = await loadPlatform(name);
    expect([title, lookedFor]).not.toContain("");
  }
});
