import { expect, test } from "bun:test";
import { issuerMetadataUrls, resourceMetadataUrls } from "../../../lib/auth/discovery/places.ts";

test("metadata is looked for in the prescribed order", () => {
  expect(resourceMetadataUrls("https://h/a/mcp")).toEqual([
    "https://h/.well-known/oauth-protected-resource/a/mcp",
    "https://h/.well-known/oauth-protected-resource",
  ]);
  // A slash at the end of a path is part of the resource's name (RFC 9728 §3.1).
  expect(resourceMetadataUrls("https://h/mcp/?t=1")).toEqual([
    "https://h/.well-known/oauth-protected-resource/mcp/?t=1",
    "https://h/.well-known/oauth-protected-resource/mcp?t=1",
    "https://h/.well-known/oauth-protected-resource/mcp",
    "https://h/.well-known/oauth-protected-resource",
  ]);
  expect(resourceMetadataUrls("https://h/")).toEqual(["https://h/.well-known/oauth-protected-resource"]);
  expect(issuerMetadataUrls("https://h/realms/x")).toEqual([
    "https://h/.well-known/oauth-authorization-server/realms/x",
    "https://h/.well-known/openid-configuration/realms/x",
    "https://h/realms/x/.well-known/openid-configuration",
  ]);
  expect(issuerMetadataUrls("https://h")).toEqual([
    "https://h/.well-known/oauth-authorization-server",
    "https://h/.well-known/openid-configuration",
  ]);
});
