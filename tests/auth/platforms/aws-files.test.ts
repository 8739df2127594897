import { expect, test } from "bun:test";
import { homedir } from "node:os";
import { parseIni } from "../../../lib/auth/platforms/clouds/aws/ini.ts";
import { fromProfile } from "../../../lib/auth/platforms/clouds/aws/profile.ts";
import type { PlatformDeps } from "../../../lib/auth/platforms/platform.ts";

test("settings that are indented count, but for those of a setting that holds others", () => {
  const text =
    "[profile dev]\n  role_arn = r\n\tregion=eu-west-1\n  s3 =\n    region = nested\nsource_profile = a\n";
  expect(parseIni(text).get("profile dev")).toEqual({
    role_arn: "r",
    region: "eu-west-1",
    s3: "",
    source_profile: "a",
  });
  expect(
    parseIni("[default]\ns3 =\n  region = nested\n[profile b]\n  region = own").get("profile b"),
  ).toEqual({
    region: "own",
  });
});

test("the shared files lie in the home that the system knows, also for who has no HOME", async () => {
  const filesReadWith = async (env: PlatformDeps["env"]) => {
    const asked: string[] = [];
    const readFile = async (path: string) => void asked.push(path);
    // The rest is of no use where no file is there.
    await fromProfile({ env, readFile } as unknown as PlatformDeps);
    return asked;
  };
  const own = homedir();
  expect(await filesReadWith({})).toEqual([`${own}/.aws/credentials`, `${own}/.aws/config`]);
  expect(await filesReadWith({ HOME: "relative", AWS_CONFIG_FILE: "/etc/aws" })).toEqual(["/etc/aws"]);
});
