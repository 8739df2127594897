// The least that a program takes with the duties of a one-off command: its token and its secrets are in files that only
// a key opens, one of them is authenticated with its name. One request, one line. With a third argument it stays, and has
// the server's stream open, as a bridge at rest does.
const [, , url = "", store = ""] = process.argv;

const read = (name: string) => Bun.file(`${store}/${name}`).bytes();

async function open(key: CryptoKey, name: string): Promise<unknown> {
  const bytes = await read(name);
  const end = bytes.indexOf(10) + 1;
  const aead = { name: "AES-GCM", iv: bytes.subarray(end, end + 12), additionalData: bytes.subarray(0, end) };
  const content = await crypto.subtle.decrypt(aead, key, bytes.subarray(end + 12));
  return JSON.parse(new TextDecoder().decode(content));
}

await read("store.json");
const key = await crypto.subtle.importKey("raw", await read("store.key"), "AES-GCM", false, ["decrypt"]);
await open(key, "profiles/bench.m2mcp");
await open(key, "state/bench.m2mcp");
const response = await fetch(url, {
  method: "POST",
  headers: { "content-type": "application/json", authorization: "Bearer static" },
  body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
});
await response.text();
console.log(response.status);
if (process.argv.length > 4) {
  const headers = { accept: "text/event-stream", authorization: "Bearer static" };
  void (await fetch(url, { headers })).body?.getReader().read();
  process.stdin.on("end", () => process.exit(0)).resume();
}

export {};
