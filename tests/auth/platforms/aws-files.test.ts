import { expect, test } from "bun:test";
import { parseIni } from "../../../lib/auth/platforms/clouds/aws/ini.ts";

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
