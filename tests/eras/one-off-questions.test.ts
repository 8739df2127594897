// What a server of any era asks reaches the person at the terminal, or the answers given beforehand.
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createHome, type Home } from "../support/home.ts";
import { startFullLegacyServer } from "../support/mcp/full-legacy-server.ts";
import { startFullModernServer } from "../support/mcp/full-modern-server.ts";
import { type FullServer, VISIT } from "../support/mcp/full-server.ts";
import { atTerminal, KEYS } from "../support/terminal.ts";

const start = {
  legacy: () => startFullLegacyServer("http"),
  modern: () => startFullModernServer(),
  "HTTP+SSE": () => startFullLegacyServer("sse"),
};

for (const kind of ["legacy", "modern", "HTTP+SSE"] as const)
  describe(kind, () => {
    let server: FullServer;
    let home: Home;
    beforeAll(async () => {
      server = await start[kind]();
      home = createHome();
    });
    afterAll(async () => {
      home.remove();
      await server.stop();
    });
    const call = (tool: string, ...more: string[]) => [server.url, "tools-call", tool, "n:=1", ...more];
    const answersIn = (value: unknown) => {
      const file = join(home.folder, "answers.json");
      writeFileSync(file, JSON.stringify(value));
      return file;
    };

    test("a form is filled in at the terminal; what does not suit is asked for again", async () => {
      const screen = atTerminal(home, call("ask"));
      await screen.answer(/127\.0\.0\.1.* asks[\s\S]*Your name\?[\s\S]*Name: /, `${KEYS.enter}`);
      await screen.answer(/it is required[\s\S]*Name: /, `Ada${KEYS.enter}`);
      expect(await screen.ended).toBe(0);
      expect(screen.text()).toContain("accept Ada");
    });

    test("a person may take longer than the server's time, and nothing is drawn over the form", async () => {
      const screen = atTerminal(home, call("ask", "--timeout", "0.8"));
      await screen.shows(/Name: /);
      // The whole request would have 4.8 s.
      await Bun.sleep(5500);
      expect(screen.text()).not.toContain("waiting for");
      screen.type(`Ada${KEYS.enter}`);
      expect(await screen.ended).toBe(0);
      expect(screen.text()).toContain("accept Ada");
    });

    test("Ctrl-D declines, and the call goes on", async () => {
      const screen = atTerminal(home, call("ask"));
      await screen.answer(/Name: /, KEYS.ctrlD);
      expect(await screen.ended).toBe(0);
      expect(screen.text()).toContain("decline");
    });

    test("Ctrl-C at a form ends the command as anywhere else", async () => {
      const screen = atTerminal(home, call("ask"));
      await screen.answer(/Name: /, KEYS.ctrlC);
      expect([130, "SIGINT"]).toContain(await screen.ended);
    });

    test("several forms come one after the other", async () => {
      const screen = atTerminal(home, call("ask-thrice"));
      for (const name of ["Ada", "Bo", "Cy"]) await screen.answer(/Name: /, `${name}${KEYS.enter}`);
      expect(await screen.ended).toBe(0);
      expect(screen.text()).toContain("Ada Bo Cy");
    });

    test("an address is shown whole, and gone on from when the person says so", async () => {
      for (const [key, said] of [
        ["y", "accept"],
        ["n", "decline"],
      ] as const) {
        const screen = atTerminal(home, call("ask-url"));
        await screen.answer(/leads to example\.com[\s\S]*go on then/, `${key}${KEYS.enter}`);
        expect(await screen.ended).toBe(0);
        expect(screen.text()).toContain(`\n  ${VISIT.url}\n`);
        expect(screen.text()).toContain(said);
      }
    });

    test("a call that needs a visit first is made again after it", async () => {
      const screen = atTerminal(home, call("need-url"));
      await screen.answer(/go on then/, `y${KEYS.enter}`);
      expect(await screen.ended).toBe(0);
      expect(screen.text()).toContain("let in");
    });

    test("--answers fills in forms without a terminal; what lacks an answer is declined", async () => {
      const answered = await home.run(call("ask", "--answers", answersIn({ name: "Ada", other: 1 })));
      expect(answered).toMatchObject({ code: 0, stdout: "accept Ada\n" });
      const wrong = await home.run(call("ask", "--answers", answersIn({ name: 7 })));
      expect(wrong).toMatchObject({ code: 0, stdout: "decline\n" });
      expect(wrong.stderr).toContain("name: it takes a text");
      const inTurn = await home.run(
        call("ask-thrice", "--answers", answersIn([{ name: "Ada" }, { name: "Bo" }, { name: "Cy" }])),
      );
      expect(inTurn).toMatchObject({ code: 0, stdout: "Ada Bo Cy\n" });
    });

    test("without either, it says what is asked for", async () => {
      const run = await home.run(call("ask"));
      expect(run.code).toBe(2);
      expect(run.stderr).toContain("asks for input (elicitation");
    });

    test("log messages come at their level, and all of them with --verbose", async () => {
      const quiet = await home.run(call("log"));
      expect(quiet.stderr).toContain('server warning (full): {"said":"warning"}');
      expect(quiet.stderr).not.toContain("server info");
      expect((await home.run(call("log", "--verbose"))).stderr).toContain("server debug");
    });

    test("progress stands on stderr where it is asked for", async () => {
      const run = await home.run([server.url, "tools-call", "slow", "ms:=40", "--progress"]);
      expect(run).toMatchObject({ code: 0, stdout: "done\n" });
      expect(run.stderr).toContain("progress 3 of 3 step 3");
    });
  });

test("a person's session and a script's are both kept, since they declare different things", async () => {
  const home = createHome();
  const server = await startFullLegacyServer("http");
  const asPerson = () => atTerminal(home, [server.url, "ping"]).ended;
  const asScript = () => home.run([server.url, "ping"]);
  await asPerson();
  await asScript();
  for (const command of [asPerson, asScript, asPerson]) await command();
  expect(server.sessions()).toBe(2);
  await home.remove();
  await server.stop();
});

test("a file that holds no answers is named before anything is asked", async () => {
  const home = createHome();
  const file = join(home.folder, "answers.json");
  writeFileSync(file, "[1]");
  const run = await home.run(["http://127.0.0.1:9/mcp", "tools-call", "ask", "n:=1", "--answers", file]);
  expect(run).toMatchObject({ code: 1 });
  expect(run.stderr).toContain("holds no answers");
  await home.remove();
});
