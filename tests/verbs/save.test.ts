// What --output does with the attachments of a result: where they go, what they are called, what is never done.
import { afterAll, beforeAll, beforeEach, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { reply, type Scripted } from "../support/mcp/scripted.ts";
import { startLegacyServer } from "../support/mcp/scripted-legacy.ts";
import { createVerbHome, type VerbHome } from "../support/run-verb.ts";

const PNG = { type: "image", mimeType: "image/png", data: Buffer.from("png").toString("base64") };
const WAV = { type: "audio", mimeType: "audio/wav", data: Buffer.from("wav").toString("base64") };
const blob = (uri: string) => ({
  type: "resource",
  resource: { uri, mimeType: "text/plain", blob: Buffer.from("own").toString("base64") },
});

let server: Scripted;
let home: VerbHome;
let content: unknown[] = [];
beforeAll(async () => {
  server = await startLegacyServer((asked) =>
    reply(
      asked,
      asked.method === "tools/call"
        ? { content }
        : asked.method === "prompts/get"
          ? { messages: content.map((one) => ({ role: "user", content: one })) }
          : {
              contents: [
                { uri: "file:///notes.txt", text: "noted" },
                { uri: "file:///logo.png", blob: "AAE=" },
              ],
            },
    ),
  );
  home = createVerbHome();
});
afterAll(async () => {
  home.remove();
  await server.stop();
});
const inHome = (name: string) => join(home.folder, name);
beforeEach(() => {
  content = [];
  server.seen.splice(0);
  for (const name of readdirSync(home.folder))
    if (name !== "store") rmSync(inHome(name), { recursive: true });
});
const call = (...more: string[]) => home.run([server.url, "tools-call", "t", ...more]);
const calls = () => server.seen.filter(({ method }) => method === "tools/call").length;
const within = (name: string) => readdirSync(inHome(name)).sort();

test("one goes into the file that is named", async () => {
  content = [{ type: "text", text: "a cat" }, PNG];
  const { out, err } = await call("--output", "cat.png");
  expect(out).toBe("a cat\n[image image/png, 3 bytes]\n");
  expect(err).toContain(`saved image/png, 3 bytes: ${inHome("cat.png")}`);
  expect(readFileSync(inHome("cat.png"), "utf8")).toBe("png");
});

test("several go into a folder, one that ends with a slash is made", async () => {
  content = [PNG, WAV, PNG, blob("file:///a/b.txt"), blob("file:///../../b.txt")];
  await call("--output", "new/media/");
  expect(within("new/media")).toEqual(["audio.wav", "b-2.txt", "b.txt", "image-2.png", "image.png"]);
});

test("several beside the name of one file, each with the ending of its type", async () => {
  content = [PNG, WAV, PNG];
  await call("--output", "x.png");
  expect(within(".").filter((name) => name !== "store")).toEqual(["x-2.png", "x.png", "x.wav"]);
});

test("a prompt's and a resource's too, its text among them", async () => {
  content = [PNG];
  await home.run([server.url, "prompts-get", "p", "--output", "p.png"]);
  expect(existsSync(inHome("p.png"))).toBe(true);
  mkdirSync(inHome("r"));
  expect((await home.run([server.url, "resources-read", "file:///notes.txt", "--output", "r"])).out).toBe("");
  expect(within("r")).toEqual(["logo.png", "notes.txt"]);
  expect(readFileSync(inHome("r/notes.txt"), "utf8")).toBe("noted");
});

test("with --json the result is whole beside it", async () => {
  content = [PNG];
  const { out } = await call("--output", "j.png", "--json");
  expect(JSON.parse(out)).toEqual({ content });
  expect(existsSync(inHome("j.png"))).toBe(true);
});

test("what is there stays, and nothing is called", async () => {
  content = [PNG];
  writeFileSync(inHome("cat.png"), "mine");
  const { failed } = await call("--output", "cat.png");
  expect([failed?.exitCode, failed?.hint, calls()]).toEqual([1, expect.stringContaining("--overwrite"), 0]);
  expect(readFileSync(inHome("cat.png"), "utf8")).toBe("mine");
  await call("--output", "cat.png", "--overwrite");
  expect(readFileSync(inHome("cat.png"), "utf8")).toBe("png");
});

test("in a folder what is there stays, and the next name is taken", async () => {
  content = [PNG];
  mkdirSync(inHome("m"));
  writeFileSync(inHome("m/image.png"), "mine");
  await call("--output", "m");
  await call("--output", "m");
  expect(within("m")).toEqual(["image-2.png", "image-3.png", "image.png"]);
  expect(readFileSync(inHome("m/image.png"), "utf8")).toBe("mine");
});

test("a link is not followed to what it names, be it there or not", async () => {
  content = [PNG];
  mkdirSync(inHome("l"));
  symlinkSync(inHome("elsewhere"), inHome("l/image.png"));
  await call("--output", "l");
  expect(existsSync(inHome("elsewhere"))).toBe(false);
  expect(readFileSync(inHome("l/image-2.png"), "utf8")).toBe("png");
});

test("where nothing can be saved, nothing is called", async () => {
  for (const [path, words] of [
    ["none/cat.png", "there is no folder"],
    ["/dev/null", "is no file"],
    ["-", "takes a file or a folder"],
    ["", "takes a file or a folder"],
  ] as const) {
    const { failed } = await call("--output", path);
    expect([failed?.exitCode, failed?.message]).toEqual([1, expect.stringContaining(words)]);
  }
  expect(calls()).toBe(0);
});

test("text alone, and what is no base64, are told", async () => {
  content = [{ type: "text", text: "t" }];
  expect((await call("--output", "t.txt")).err).toContain("nothing to save");
  content = [{ ...PNG, data: "!" }];
  expect((await call("--output", "t.png")).err).toContain("no base64");
  expect(existsSync(inHome("t.txt")) || existsSync(inHome("t.png"))).toBe(false);
});

test("without it the way is named, not with --quiet, nor in JSON", async () => {
  content = [PNG];
  expect((await call()).err).toContain("hint: --output FILE|DIR saves it");
  expect((await call("--quiet")).err).toBe("");
  expect((await call("--json")).err).not.toContain("--output");
});
