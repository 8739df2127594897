import { describe, expect, test } from "bun:test";
import { attachmentsIn, contentAttachment } from "../../lib/ui/media/attachments.ts";
import { endingOf, fileNameOf, numberedName } from "../../lib/ui/media/file-name.ts";
import { inlineImage } from "../../lib/ui/media/inline-image.ts";
import { createScreens } from "../../lib/ui/screen/screen.ts";

const nameOf = (uri: string | undefined, mimeType = "") =>
  fileNameOf({ kind: "resource", mimeType, bytes: undefined, ...(uri === undefined ? {} : { uri }) });

describe("a file's name", () => {
  const rows: [string | undefined, string, string][] = [
    [undefined, "image/png", "resource.png"],
    ["file:///home/me/cat.png", "image/png", "cat.png"],
    ["memo://one", "text/plain", "one.txt"],
    ["https://h.example/a/b?x=1#y", "application/pdf", "b.pdf"],
    ["file:///a/..%2f..%2fetc%2fpasswd", "", "_.._etc_passwd.bin"],
    ["file:///a/..", "text/plain", "resource.txt"],
    ["file:///a/.ssh", "text/plain", "ssh.txt"],
    ["x:..\\..\\boot.ini", "", "boot.ini"],
    ["file:///a%00b%1b%5b2J%e2%80%ae", "", "a_b_[2J_.bin"],
    ["file:///NUL", "text/plain", "_NUL.txt"],
    ["file:///con.txt", "text/plain", "_con.txt"],
    ["file:///a%zz.png", "", "a%zz.png"],
    ["file:///%e8%a6%81%e7%b4%84.md", "", "要約.md"],
    ["file:///", "", "resource.bin"],
  ];
  for (const [uri, type, name] of rows) test(`${uri} → ${name}`, () => expect(nameOf(uri, type)).toBe(name));
  test("is never long", () => expect(nameOf(`f:///${"é".repeat(1000)}.png`).length).toBeLessThanOrEqual(100));
  test("has an ending by its type", () => {
    for (const [type, ending] of [
      ["image/jpeg", "jpg"],
      ["IMAGE/PNG; q=1", "png"],
      ["audio/x-wav", "wav"],
      ["application/ld+json", "json"],
      ["application/vnd.oasis.opendocument.text", "bin"],
      ["image/../../x", "bin"],
      ["constructor/__proto__", "bin"],
      ["", "bin"],
    ])
      expect(endingOf(type ?? "")).toBe(ending as string);
  });
  test("gets a number where it is taken", () => {
    expect([1, 2, 3].map((count) => numberedName("cat.png", count))).toEqual([
      "cat.png",
      "cat-2.png",
      "cat-3.png",
    ]);
    expect(numberedName("cat", 2)).toBe("cat-2");
  });
});

describe("attachments", () => {
  test("are what is no text: pictures, sounds and blobs, whatever stands between", () => {
    const found = attachmentsIn([
      { type: "text", text: "t" },
      { type: "image", mimeType: "image/png", data: "AAEC" },
      { type: "audio", data: "AA==" },
      { type: "resource", resource: { uri: "a:b", blob: "_-8" } },
      { type: "resource", resource: { uri: "a:c", text: "inside" } },
      { type: "resource_link", uri: "a:d" },
      { type: "image", data: "no base64!" },
      { type: "image", data: 7 },
      null,
    ]);
    expect(found.map(({ kind, bytes, uri }) => [kind, bytes && [...bytes], uri])).toEqual([
      ["image", [0, 1, 2], undefined],
      ["audio", [0], undefined],
      ["resource", [255, 239], "a:b"],
      ["image", undefined, undefined],
    ]);
  });
  test("a resource's text is one of its own", () => {
    expect(contentAttachment({ uri: "a:b", text: "hi" })).toEqual({
      kind: "resource",
      mimeType: "text/plain",
      bytes: new TextEncoder().encode("hi"),
      uri: "a:b",
    });
  });
});

describe("a picture at a terminal", () => {
  const screenOf = (env: Record<string, string>, isTTY = true) =>
    createScreens({ stdout: { isTTY, columns: 80 }, stderr: {} }, env, "auto").out;
  const kitty = screenOf({ TERM: "xterm-kitty" });
  const iterm = screenOf({ TERM_PROGRAM: "iTerm.app" });
  const png = (broad: number, length = 64) => {
    const bytes = new Uint8Array(length);
    bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]);
    new DataView(bytes.buffer).setUint32(16, broad);
    return bytes;
  };
  const jpeg = new Uint8Array([0xff, 0xd8, 0xff, 0xe0]);
  test("in Kitty's protocol, in pieces, and without an answer", () => {
    const shown: string = inlineImage(png(10, 8000), kitty) ?? "";
    const pieces = shown.split("\u001b\\");
    expect(pieces[0]).toStartWith("\u001b_Ga=T,f=100,q=2,m=1;iVBORw0KGgo");
    expect(pieces.slice(1)).toEqual([
      expect.stringContaining("\u001b_Gm=1;"),
      expect.stringContaining("\u001b_Gm=0;"),
      "\n",
    ]);
    const data = pieces
      .map((piece) => piece.replace(/^[^;]*;?/, ""))
      .join("")
      .trim();
    expect(Buffer.from(data, "base64").equals(Buffer.from(png(10, 8000)))).toBe(true);
  });
  test("fitted to the columns where it is broader", () => {
    expect(inlineImage(png(5000), kitty)).toContain(",c=80,");
    expect(inlineImage(png(50), kitty)).not.toContain(",c=");
  });
  test("in iTerm2's protocol", () => {
    expect<string | undefined>(inlineImage(jpeg, iterm)).toBe(
      "\u001b]1337;File=inline=1;size=4:/9j/4A==\u0007\n",
    );
  });
  test("not where the terminal cannot, or it is no picture, or too large", () => {
    expect(inlineImage(jpeg, kitty)).toBeUndefined();
    expect(inlineImage(png(1), screenOf({ TERM: "xterm" }))).toBeUndefined();
    expect(inlineImage(png(1), screenOf({ TERM: "xterm-kitty" }, false))).toBeUndefined();
    expect(inlineImage(new TextEncoder().encode("\u001b[2J"), iterm)).toBeUndefined();
    expect(inlineImage(png(1, 9_000_000), iterm)).toBeUndefined();
  });
});
