// The least an executable of this runtime takes that asks a server once. With a second argument it stays.
const response = await fetch(process.argv[2] ?? "", {
  method: "POST",
  headers: { "content-type": "application/json", authorization: "Bearer static" },
  body: '{"jsonrpc":"2.0","id":1,"method":"tools/list"}',
});
await response.text();
console.log(response.status);
if (process.argv.length > 3) process.stdin.on("end", () => process.exit(0)).resume();

export {};
