import { type DiagnosisStep, diagnose } from "../auth/diagnose.ts";
import { M2mcpError, notWell, withoutUrlSecrets } from "../errors.ts";
import { openClient } from "../mcp/client.ts";
import { harmless } from "../ui/table.ts";
import type { Call } from "./call.ts";
import { authDeps, findTarget, ONE_OFF, openEndpoint, type Target } from "./target.ts";
import { CLIENT_INFO } from "./version.ts";

/** `m2mcp doctor <target>`: each step, what was seen, what is wrong and what to do. */
export async function run(call: Call): Promise<M2mcpError | undefined> {
  const found = await findTarget(call, call.positionals[0] ?? "");
  const steps: DiagnosisStep[] = [];
  const show = (seen: DiagnosisStep) => {
    const step = { ...seen, saw: withoutUrlSecrets(seen.saw) };
    steps.push(step);
    call.output.print(harmless(inWords(step)));
  };
  const { credentials } = found;
  const server = found.login?.server ?? found.server;
  for (const step of await diagnose(await authDeps(call, found), { server, credentials })) show(step);
  let failed: M2mcpError | undefined;
  try {
    show(await firstCall(call, found));
  } catch (error) {
    if (!(error instanceof M2mcpError)) throw error;
    failed = error;
    show({
      name: "first call",
      ok: false,
      saw: error.message,
      ...(error.hint === undefined ? {} : { fix: error.hint }),
    });
  }
  const ok = steps.every((step) => step.ok);
  call.output.data({ server: withoutUrlSecrets(found.server), ok, steps });
  return failed ?? (ok ? undefined : notWell());
}

async function firstCall(call: Call, found: Target): Promise<DiagnosisStep> {
  const endpoint = await openEndpoint(call, found, ONE_OFF);
  const client = openClient(endpoint, CLIENT_INFO);
  try {
    const { name, version, protocolVersion } = await client.serverInfo();
    return { name: "first call", ok: true, saw: `${name} ${version} answered, protocol ${protocolVersion}` };
  } finally {
    await client.close();
    await endpoint.end();
  }
}

/** One step for people: a mark, what was seen, and under it what to do. */
export function inWords({ name, ok, saw, fix }: DiagnosisStep): string {
  const line = `${ok ? "ok   " : "FAIL "} ${name}: ${saw}`;
  return fix === undefined ? line : `${line}\n      → ${fix}`;
}
