// The least an executable of this runtime takes. With an argument it stays, as a bridge at rest does.
console.log("hello");
if (process.argv.length > 2) process.stdin.on("end", () => process.exit(0)).resume();
