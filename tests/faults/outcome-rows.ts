// The table of outcomes: what a server or the network can do to one request, and what its client reads then.
import { gzipSync } from "node:zlib";
import { json, keepSaying, result, type Script, sse, stream } from "../support/mcp/scripted.ts";

export type Row = [behaviour: string, outcome: string, answer: Script];

/** `outcome` is the error's `data.code`, or `answered`. A silence of 3 s is too long here, and 18 s in all. */
export const ROWS: Row[] = [
  ["takes the request and never answers", "timeout", () => {}],
  [
    "goes silent in the middle of a body",
    "timeout",
    (_asked, response) => response.writeHead(200, { "content-type": "application/json" }).write('{"json'),
  ],
  [
    "sends comments for ever and never answers",
    "timeout",
    (_asked, response) => keepSaying(response, ": still here\n\n", 100),
  ],
  [
    "sends progress for ever and never answers",
    "timeout",
    (_asked, response) =>
      keepSaying(
        response,
        sse('{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":1}}'),
        50,
      ),
  ],
  ["closes the connection before it answers", "stream_cut", (_asked, response) => response.destroy()],
  [
    "breaks off within the JSON",
    "stream_cut",
    (_asked, response) => {
      response
        .writeHead(200, { "content-type": "application/json", "content-length": "100" })
        .write('{"json');
      setTimeout(() => response.destroy(), 20);
    },
  ],
  [
    "breaks off within an event",
    "stream_cut",
    ({ id }, response) => {
      stream(response).write(`data: ${result(id)}`);
      setTimeout(() => response.destroy(), 20);
    },
  ],
  [
    "ends the stream without an answer",
    "stream_cut",
    (_asked, response) => stream(response).end(": bye\n\n"),
  ],
  [
    "is a captive portal's page",
    "content_type",
    (_asked, response) => response.writeHead(200, { "content-type": "text/html" }).end("<html>sign in"),
  ],
  [
    "is a captive portal that redirects to its sign-in page",
    "redirect",
    (_asked, response) => response.writeHead(302, { location: "http://portal.invalid/login" }).end(),
  ],
  [
    "answers with words in plain text",
    "content_type",
    (_asked, response) => response.writeHead(200, { "content-type": "text/plain" }).end("all is well"),
  ],
  // A type that says nothing of what it holds: what came is judged by itself.
  [
    "answers rightly, as plain text",
    "answered",
    ({ id }, response) => response.writeHead(200, { "content-type": "text/plain" }).end(result(id)),
  ],
  [
    "answers rightly, without a content type",
    "answered",
    ({ id }, response) => response.writeHead(200).end(result(id)),
  ],
  ["answers with an empty 200", "content_type", (_asked, response) => response.writeHead(200).end()],
  ["answers with empty JSON", "invalid_answer", (_asked, response) => json(response, "")],
  ["answers 202 to a request", "content_type", (_asked, response) => response.writeHead(202).end()],
  ["answers 204 to a request", "content_type", (_asked, response) => response.writeHead(204).end()],
  ["answers with a 500", "http_status", (_asked, response) => response.writeHead(500).end("broken")],
  ["answers 429 and names no time", "http_status", (_asked, response) => response.writeHead(429).end()],
  ["answers 503 and names no time", "http_status", (_asked, response) => response.writeHead(503).end()],
  [
    "asks to wait longer than the request may take",
    "retry_later",
    (_asked, response) => response.writeHead(503, { "retry-after": "3600" }).end(),
  ],
  [
    "asks to come again at once, for ever",
    "retry_later",
    (_asked, response) => response.writeHead(429, { "retry-after": "0" }).end(),
  ],
  [
    "compresses its answer",
    "answered",
    ({ id }, response) =>
      response
        .writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" })
        .end(gzipSync(result(id))),
  ],
  [
    "compresses its stream",
    "answered",
    ({ id }, response) =>
      response
        .writeHead(200, { "content-type": "text/event-stream", "content-encoding": "gzip" })
        .end(gzipSync(sse(result(id)))),
  ],
  [
    "damages its compression",
    "invalid_answer",
    ({ id }, response) => {
      const bytes = gzipSync(result(id));
      response.writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" });
      response.end(Buffer.concat([bytes.subarray(0, 12), Buffer.from("zzzzzz"), bytes.subarray(18)]));
    },
  ],
  [
    "says gzip of what is none",
    "invalid_answer",
    ({ id }, response) =>
      response
        .writeHead(200, { "content-type": "application/json", "content-encoding": "gzip" })
        .end(result(id)),
  ],
  ["answers with an error in words", "-32603", ({ id }, response) => json(response, { id, error: "bad" })],
  [
    "says in JSON that is no message why",
    "http_status",
    (_asked, response) => json(response, { error: "bad" }),
  ],
  [
    "says so in a list",
    "http_status",
    (_asked, response) => json(response, { errors: [{ message: "bad" }] }),
  ],
  ["sends junk as JSON", "invalid_answer", (_asked, response) => json(response, "{nope")],
  ["answers nobody, in JSON", "stream_cut", (_asked, response) => json(response, result("nobody"))],
  [
    "answers nobody, then the request",
    "answered",
    ({ id }, response) => stream(response).end(sse(result("nobody"), result(id))),
  ],
  [
    "answers twice",
    "answered",
    ({ id }, response) => stream(response).end(sse(result(id), result(id, "again"))),
  ],
  [
    "answers, and leaves the stream open",
    "answered",
    ({ id }, response) => {
      stream(response).write(sse(result(id)));
      keepSaying(response, ": more\n\n", 100);
    },
  ],
  ["answers with the id as a string", "answered", ({ id }, response) => json(response, result(String(id)))],
  [
    "answers with an error that names no request",
    "-32603",
    (_asked, response) =>
      json(response, '{"jsonrpc":"2.0","id":null,"error":{"code":-32603,"message":"oh"}}'),
  ],
  [
    "sends an answer with neither result nor error, as JSON",
    "invalid_answer",
    ({ id }, response) => json(response, `{"jsonrpc":"2.0","id":${id}}`),
  ],
  [
    "sends an answer whose error is none, and leaves the stream open",
    "invalid_answer",
    ({ id }, response) => {
      stream(response).write(sse(`{"jsonrpc":"2.0","id":${id},"error":7}`));
      keepSaying(response, ": more\n\n", 100);
    },
  ],
  [
    "sends broken events, then the answer",
    "answered",
    ({ id }, response) => stream(response).end(sse("{nope", "[]", "7", result(id))),
  ],
  [
    "answers with a batch",
    "answered",
    ({ id }, response) =>
      json(response, `[{"jsonrpc":"2.0","method":"notifications/x"},${result(id)},${result("nobody")}]`),
  ],
  [
    "answers in invalid UTF-8",
    "answered",
    ({ id }, response) => {
      const [start = "", end = ""] = result(id, "<>").split("<>");
      response.writeHead(200, { "content-type": "application/json" });
      response.end(Buffer.concat([Buffer.from(start), Buffer.from([0xff, 0xc3, 0x28]), Buffer.from(end)]));
    },
  ],
];
