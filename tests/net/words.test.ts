import { describe, expect, test } from "bun:test";
import { merelyStatus } from "../../lib/net/markup-words.ts";
import { oneLine } from "../../lib/net/one-line.ts";
import { phraseOf, readWords } from "../../lib/net/words.ts";

const said = "client is disabled by policy 17";

describe("readWords", () => {
  const shapes: [what: string, body: unknown, code?: string][] = [
    ["error_description", { error: "invalid_client", error_description: said }, "invalid_client"],
    ["message", { message: said }],
    ["Message, as .NET writes it", { Message: said }],
    ["error with a message", { error: { code: 400, message: said } }, "400"],
    ["errorCode, errorSummary", { errorCode: "E0000015", errorSummary: said }, "E0000015"],
    ["error, error_message", { error: "invalid_client", error_message: said }, "invalid_client"],
    ["error, message", { error: "invalid_client", message: said }, "invalid_client"],
    ["problem+json", { type: "about:blank", title: "Forbidden", status: 403, detail: said }],
    ["errors in a list", { errors: [{ message: said }] }],
    ["errors as words", { errors: [said] }],
    ["a list", [{ code: "x1", message: said }], "x1"],
    ["detail in a list (FastAPI)", { detail: [{ loc: ["body"], msg: said, type: "missing" }] }, "missing"],
    ["detail with a message", { detail: { message: said } }],
    ["messages in a list (NestJS)", { statusCode: 400, message: [said], error: "Bad Request" }],
    ["fault", { fault: { faultstring: said, detail: { errorcode: "steps.jwt" } } }],
    ["error as a sentence", { error: said }],
    ["JSON-RPC", { jsonrpc: "2.0", id: 1, error: { code: -32003, message: said } }, "-32003"],
    ["a bare string", said],
    ["JSON within JSON", { statusCode: 400, body: JSON.stringify({ message: said }) }],
    ["data with a message", { success: false, data: { message: said } }],
    ["result with a message", { result: { message: said } }],
    ["cause", { cause: said }],
    ["userMessage", { userMessage: said }],
    ["developerMessage", { developerMessage: said }],
    ["statusMessage", { statusMessage: said }],
    ["messages", { error: "invalid_client", messages: [said] }, "invalid_client"],
    ["messages with text", { messages: [{ text: said }] }],
  ];
  for (const [what, body, code] of shapes)
    test(`finds them in JSON: ${what}`, () => {
      expect(readWords(JSON.stringify(body), "application/json")).toEqual(
        code === undefined ? { text: said } : { code, text: said },
      );
    });

  const texts: [what: string, body: string, type?: string | undefined, code?: string][] = [
    ["text", `${said}\n`, "text/plain"],
    ["text whose type is not named", said],
    ["the title of a page", `<html><head><title>${said}</title></head><body>x</body></html>`, "text/html"],
    ["the heading of a page", `<!DOCTYPE html><body><h1 class="x">${said}</h1>`, "text/html"],
    [
      "XML",
      `<?xml version="1.0"?><Error><Code>Denied</Code><Message>${said}</Message></Error>`,
      "text/xml",
      "Denied",
    ],
    [
      "a form",
      `error=invalid_client&error_description=${encodeURIComponent(said)}`,
      undefined,
      "invalid_client",
    ],
    ["JSON without its type", JSON.stringify({ message: said }), "text/plain"],
    [
      "JSON-RPC in SSE",
      `: hi\n\nevent: message\ndata: ${JSON.stringify({ jsonrpc: "2.0", id: 1, error: { code: -32003, message: said } })}\n\n`,
      "text/event-stream",
      "-32003",
    ],
    ["text in SSE", `event: error\ndata: ${said}\n\n`, "text/event-stream"],
    ["lines of JSON", `${JSON.stringify({ message: said })}\n{"x":1}`, "application/x-ndjson"],
    [
      "a page of Express",
      `<!DOCTYPE html><html><head><title>Error</title></head><body><pre>${said}</pre></body></html>`,
      "text/html",
    ],
    [
      "a page of Apache",
      `<html><head><title>403 Forbidden</title></head><body><h1>Forbidden</h1><p>${said}</p></body>`,
      "text/html",
    ],
    ["a heading of the second rank", `<html><title></title><h2>${said}</h2>`, "text/html"],
    ["a paragraph alone", `<p><b>${said}</b></p>`, "text/html"],
    ["XML with prefixes", `<n:error><n:message>${said}</n:message></n:error>`, "text/xml"],
    [
      "SOAP 1.2",
      `<s:Fault><s:Reason><s:Text xml:lang="en">${said}</s:Text></s:Reason></s:Fault>`,
      "application/soap+xml",
    ],
  ];
  for (const [what, body, type, code] of texts)
    test(`finds them in other forms: ${what}`, () => {
      expect(readWords(body, type ?? null)).toEqual(
        code === undefined ? { text: said } : { code, text: said },
      );
    });

  test("finds them by the fields that validation names", () => {
    for (const told of [[said], said])
      expect(readWords(JSON.stringify({ errors: { client_id: told } })).text).toBe(`client_id: ${said}`);
  });

  test("finds those of a page of Tomcat below the status", () => {
    const status = "HTTP Status 401 – Unauthorized";
    const page = `<!doctype html><html><head><title>${status}</title></head><body><h1>${status}</h1><p><b>Type</b> Report</p><p><b>Message</b> ${said}</p>`;
    expect(readWords(page).text).toContain(said);
  });

  test("finds none where there are none", () => {
    for (const body of ["", "  ", "{", "{}", "[]", "null", "17", '{"error":', "\0\0png", "<html><body>x"])
      expect(readWords(body, null)).toEqual({});
    expect(readWords("GIF89a", "image/gif")).toEqual({});
  });

  test("a code alone is told too", () => {
    expect(readWords('{"error":"invalid_client"}')).toEqual({ code: "invalid_client" });
  });

  test("entities of a page are read", () => {
    expect(readWords("<html><title>a &amp; b &#39;c&#x27; &lt;d&gt; &bogus;</title>").text).toBe(
      "a & b 'c' <d> &bogus;",
    );
  });

  test("takes a time that grows with the size alone, whatever is sent", () => {
    const hostile = (size: number) => [
      "<title".repeat(size / 6),
      "[".repeat(size),
      `{"a":`.repeat(size / 5),
      "a=".repeat(size / 2),
      `data:${" ".repeat(size)}`,
      "data:\n\n".repeat(size / 7),
      " ".repeat(size),
      "&#1".repeat(size / 3),
      `<html><title>${"&#1".repeat(size / 3)}</title>`,
      "a.".repeat(size / 2),
      "<p>".repeat(size / 3),
      "<a:".repeat(size / 3),
      `<html>${"<p".repeat(size / 2)}`,
      `{"body":"${"[".repeat(size)}"}`,
      JSON.stringify({ message: " \n".repeat(size / 2) }),
      JSON.stringify({ message: `x${" ".repeat(size)}` }),
    ];
    const took = (size: number) => {
      const bodies = hostile(size);
      const startedMs = performance.now();
      for (const body of bodies) readWords(body, null);
      return performance.now() - startedMs;
    };
    took(1000);
    expect(took(1_000_000)).toBeLessThan(5000);
  });
});

test("words as a phrase", () => {
  expect(phraseOf({})).toBeUndefined();
  expect(phraseOf({ code: "x" })).toBe("x");
  expect(phraseOf({ code: "x", text: "y z" })).toBe("x: y z");
  expect(phraseOf({ code: "x", text: "x means no" })).toBe("x means no");
});

test("what only repeats the status is known", () => {
  for (const phrase of [
    "Not Found",
    "404",
    "404 Not Found",
    "Error 403: Forbidden",
    "405 Method Not Allowed",
    "",
  ])
    expect(merelyStatus(phrase)).toBe(true);
  for (const phrase of ["session not found", "not found: /mcpp", said])
    expect(merelyStatus(phrase)).toBe(false);
});

describe("one line", () => {
  test("keeps text in one line, without what moves a terminal or turns text round", () => {
    expect(oneLine("  a\r\n\tb  ")).toBe("a b");
    expect(oneLine("a\u001b[2Jb\u0007c\u202ed\u009be")).toBe("a\\u001b[2Jb\\u0007c\\u202ed\\u009be");
  });
  test("cuts what is long, never within a character", () => {
    expect(oneLine("x".repeat(400))).toBe(`${"x".repeat(300)}…`);
    expect(oneLine("abc😀", 4)).toBe("abc…");
    expect(oneLine(" ".repeat(5000))).toBe("…");
  });
});
