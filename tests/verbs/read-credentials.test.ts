import { expect, test } from "bun:test";
import { credentialsOf } from "../../lib/verbs/transfer/read-credentials.ts";

const read = (assertion: object, more: object = {}) =>
  credentialsOf(
    {
      grant: "client-credentials",
      clientId: "id",
      authentication: { kind: "assertion", assertion },
      ...more,
    },
    "svc",
  );
const assertionIn = (assertion: object) => {
  const origin = read(assertion);
  if (origin.grant === null) return undefined;
  const { authentication } = origin;
  return authentication.kind === "assertion" ? authentication.assertion : undefined;
};

test("an imported profile names no variable and no file of this machine, whose token it could send anywhere", () => {
  const [gitlab, kubernetes] = [{ from: "gitlab" }, { from: "kubernetes" }];
  expect(assertionIn({ ...gitlab, identity: "AWS_SESSION_TOKEN" })).toEqual({ from: "gitlab" });
  expect(assertionIn({ ...kubernetes, identity: "/home/me/.token" })).toEqual({ from: "kubernetes" });
  expect(assertionIn({ ...kubernetes, identity: "agents/robot" })).toEqual({
    from: "kubernetes",
    identity: "agents/robot",
  });
  expect(assertionIn({ from: "env", name: "AWS_SESSION_TOKEN" })).toEqual({ from: "missing" });
});

test("an imported profile has this process' own SVID, and files of another machine are missing", () => {
  const identity = "spiffe://example.org/machine";
  const tls = (value: object) => read({ from: "spiffe" }, { tls: value }).tls;
  expect(tls({ from: "spiffe", identity })).toEqual({ from: "spiffe", identity });
  expect(tls({ cert: { from: "file", path: "/etc/x" }, key: {} })).toEqual({
    cert: { from: "missing" },
    key: { from: "missing" },
  });
});
