// The least that a bridge in this runtime can do: lines from stdin to HTTP and answers to stdout, nothing checked, no
// session renewed, no limit kept. What remains between it and direct HTTP is the price of the pipes and the process.
const url = process.argv[2] ?? "";
let session: Record<string, string> = {};

async function carry(line: Uint8Array): Promise<void> {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      "content-type": "application/json",
      accept: "application/json, text/event-stream",
      authorization: "Bearer static",
      ...session,
    },
    body: line as Uint8Array<ArrayBuffer>,
  });
  const opened = response.headers.get("mcp-session-id");
  if (opened) session = { "mcp-session-id": opened };
  const answer = await response.bytes();
  if (answer.length === 0) return;
  const event = response.headers.get("content-type")?.startsWith("text/event-stream");
  const start = event
    ? Buffer.from(answer.buffer, answer.byteOffset, answer.length).lastIndexOf("data: ") + 6
    : 0;
  process.stdout.write(event ? answer.subarray(start, answer.length - 2) : answer);
  process.stdout.write("\n");
}

let parts: Uint8Array[] = [];
process.stdin.on("data", (chunk: Buffer) => {
  let start = 0;
  for (let end = chunk.indexOf(10); end !== -1; end = chunk.indexOf(10, start)) {
    parts.push(chunk.subarray(start, end));
    const [only] = parts;
    void carry(parts.length === 1 && only ? only : Buffer.concat(parts));
    parts = [];
    start = end + 1;
  }
  if (start < chunk.length) parts.push(chunk.subarray(start));
});
process.stdin.on("end", () => process.exit(0));
