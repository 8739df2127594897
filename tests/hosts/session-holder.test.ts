// Which of several processes has the session of modern clients, as one of them comes to know it.
import { expect, test } from "bun:test";
import { createSessionHolder } from "../../lib/hosts/serve/modern/session-holder.ts";
import { createSeals } from "../../lib/hosts/serve/seals.ts";

const seals = createSeals(new Uint8Array(32), "https://mcp.example.com/mcp");
const markOf = (a: string, i: string) => seals.seal("holder", { a, i });

/** A process for which the claim has an owner, while it does. */
function process(ownerOf: () => string | undefined | "free") {
  const asked: string[] = [];
  const claims = {
    async claim(mark: string) {
      asked.push(mark);
      const owner = ownerOf();
      return owner === "free" ? mark : owner;
    },
    async release() {},
  };
  const self = { address: "127.0.0.1:8080", instance: "here" };
  return { asked, holder: createSessionHolder(claims, { self, seals, log() {} }) };
}

test("the claim is asked for once, whoever has it, and again where it is lost", async () => {
  let owner: string | undefined = markOf("10.0.0.2:8080", "there");
  const { asked, holder } = process(() => owner);
  const found = await Promise.all([holder.elsewhere(), holder.elsewhere(), holder.elsewhere()]);
  expect(found.map((one) => one?.address)).toEqual(Array(3).fill("10.0.0.2:8080"));
  expect(asked).toHaveLength(1);
  owner = "free";
  const [lost] = found;
  if (lost) await holder.lost(lost);
  expect([await holder.elsewhere(), holder.isHere()]).toEqual([undefined, true]);
  await holder.end();
});

test("a process under our own address is never handed anything: it has ended, or is not to be reached", async () => {
  let owner = markOf("127.0.0.1:8080", "earlier");
  const { holder } = process(() => owner);
  setTimeout(() => {
    owner = "free";
  }, 300);
  expect([await holder.elsewhere(), holder.isHere()]).toEqual([undefined, true]);
  await holder.end();
});

test("one that lives and is not to be reached is left alone; what nobody can agree on, each has", async () => {
  const stuck = process(() => markOf("127.0.0.1:8080", "another machine"));
  expect([await stuck.holder.elsewhere(), stuck.holder.isHere()]).toEqual([undefined, false]);
  const before = stuck.asked.length;
  await stuck.holder.elsewhere();
  expect(stuck.asked).toHaveLength(before);
  const alone = process(() => undefined);
  expect([await alone.holder.elsewhere(), alone.holder.isHere()]).toEqual([undefined, false]);
}, 20_000);
