// A line typed unseen. What a real terminal shows is tested on the executable.
import { expect, test } from "bun:test";
import { PassThrough, Writable } from "node:stream";
import { keyReader } from "../../lib/platform/streams/keys.ts";
import { promptLine, type Terminal } from "../../lib/ui/prompt.ts";

const promptHidden = async (question: string, input: Terminal, output: Writable) => {
  const typed = await promptLine(question, { hidden: true }, input, output);
  return typed.kind === "line" ? typed.text : typed.kind;
};

/** A terminal that notes, in order, its modes and what is written to it; it answers as soon as it is asked. */
function createTerminal(answer: string) {
  const seen: string[] = [];
  const input = Object.assign(new PassThrough(), {
    setRawMode: (on: boolean) => void seen.push(on ? "hidden" : "shown"),
  });
  const output = new Writable({
    write(chunk, _encoding, done) {
      seen.push(String(chunk));
      if (String(chunk).includes("?")) input.write(answer);
      done();
    },
  });
  return { seen, input, output };
}

test("nothing is echoed from before the question on, however soon the answer comes", async () => {
  const { seen, input, output } = createTerminal("secret\r");
  expect(await promptHidden("who? ", input, output)).toBe("secret");
  expect(seen).toEqual(["hidden", "who? ", "shown", "\n"]);
});

test("a signal during the question finds the terminal restored, and afterwards nothing listens", async () => {
  const listening = () =>
    (["SIGHUP", "SIGTERM", "SIGINT", "SIGQUIT", "SIGTSTP", "SIGCONT"] as const).map((name) =>
      process.listenerCount(name),
    );
  const before = listening();
  const { input, output } = createTerminal("");
  const asked = promptHidden("who? ", input, output);
  expect(listening()).toEqual(before.map((count) => count + 1));
  input.write("\r");
  await asked;
  expect(listening()).toEqual(before);
});

test("a key pressed by mistake is taken back; Ctrl-C is no answer", async () => {
  const typo = createTerminal("secrez\u007ft\n");
  expect(await promptHidden("who? ", typo.input, typo.output)).toBe("secret");
  const steered = createTerminal("wrong\u0015\u001b[200~se\u001b[Dcret\u001bOA\u001b[201~\n");
  expect(await promptHidden("who? ", steered.input, steered.output)).toBe("secret");
  const broken = createTerminal("sec\u0003");
  expect(await promptHidden("who? ", broken.input, broken.output)).toBe("interrupted");
  expect(broken.seen.at(-2)).toBe("shown");
});

test("a key whose bytes come in several reads writes nothing either, and what follows the Escape key is typed", () => {
  let atMs = 0;
  const typed = (parts: string[], laterMs: number) => {
    const keysOf = keyReader(() => atMs);
    return parts.flatMap((part) => {
      atMs += laterMs;
      return keysOf(part);
    });
  };
  for (const key of ["\u001b[D", "\u001bOA", "\u001b[200~", "\u001b[1;5C"])
    for (let at = 1; at < key.length; at++)
      expect(typed([`a${key.slice(0, at)}`, `${key.slice(at)}b`], 10).join("")).toBe("ab");
  expect(typed([..."a\u001b[1;5Cb"], 10).join("")).toBe("ab");
  expect(typed(["a\u001b", "Oslo", "b"], 500).join("")).toBe("aOslob");
});

const shown = { hidden: false };
const line = (text: string) => ({ kind: "line", text }) as const;

test("a line that is shown is mended on the screen too, by columns", async () => {
  const { seen, input, output } = createTerminal("a漢b\u007f\u007fc\r");
  expect(await promptLine("who? ", shown, input, output)).toEqual(line("ac"));
  expect(seen).toEqual(["hidden", "who? ", "a", "漢", "b", "\b \b", "\b \b\b \b", "c", "shown", "\n"]);
});

test("what can be no answer is not shown, nor what of it was shown before", async () => {
  const { seen, input, output } = createTerminal("1s3\u007f\u007f\u007f2\r");
  const mode = { hidden: false, like: /^\d?$/ };
  expect(await promptLine("who? ", mode, input, output)).toEqual(line("2"));
  expect(seen.filter((one) => one !== "")).toEqual([
    ...["hidden", "who? ", "1", "\b \b", "1", "\b \b", "2", "shown", "\n"],
  ]);
});

test.skipIf(process.platform === "win32")(
  "who stops and goes on sees as much of the answer again",
  async () => {
    for (const [keys, again] of [
      ["1", "1"],
      ["1s3cret", ""],
    ] as const) {
      const { seen, input, output } = createTerminal("");
      const asked = promptLine("who? ", { hidden: false, like: /^\d?$/ }, input, output);
      input.write(keys);
      await new Promise(setImmediate);
      seen.splice(0);
      process.emit("SIGCONT");
      expect(seen).toEqual(["hidden", `\nwho? ${again}`]);
      input.write("\r");
      await asked;
    }
  },
);

test("nothing that is typed steers the screen, and a letter cut in two is one", async () => {
  const { seen, input, output } = createTerminal("");
  const asked = promptLine("who? ", shown, input, output);
  for (const bytes of [[0xc3], [0xa9, 0x1b, 0x07], [0xc2, 0x9b], [0x0d]]) input.write(Buffer.from(bytes));
  expect(await asked).toEqual(line("é"));
  expect(seen.join("")).toBe("hiddenwho? éshown\n");
});

test("lines pasted together answer one question each", async () => {
  const { input, output } = createTerminal("my-id\r\nsecret\r");
  expect(await promptLine("who? ", shown, input, output)).toEqual(line("my-id"));
  expect(await promptHidden("and: ", input, output)).toBe("secret");
});

test("the end of input is no answer", async () => {
  const { input, output } = createTerminal("sec\u0004");
  expect(await promptLine("who? ", shown, input, output)).toEqual({ kind: "ended" });
});
