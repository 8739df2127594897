// A line typed unseen. What a real terminal shows is tested on the executable.
import { expect, test } from "bun:test";
import { PassThrough, Writable } from "node:stream";
import { promptHidden } from "../../lib/ui/prompt.ts";

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
  expect(await promptHidden("who? ", broken.input, broken.output)).toBe(null);
  expect(broken.seen.at(-2)).toBe("shown");
});
