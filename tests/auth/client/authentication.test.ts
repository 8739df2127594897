import { expect, test } from "bun:test";
import { basicAuthorization, secretMethod } from "../../../lib/auth/client/authentication.ts";

test("client id and secret are form-encoded within basic", () => {
  const decoded = Buffer.from(basicAuthorization("a:b", "s %+ü").slice(6), "base64").toString();
  expect(decoded).toBe("a%3Ab:s+%25%2B%C3%BC");
});

test("client_secret_basic is used where the metadata is silent", () => {
  expect(secretMethod(undefined, undefined)).toBe("basic");
  expect(secretMethod(undefined, ["client_secret_post"])).toBe("post");
  expect(secretMethod(undefined, ["client_secret_post", "client_secret_basic"])).toBe("basic");
  expect(secretMethod("client_secret_post", ["client_secret_basic"])).toBe("post");
});
