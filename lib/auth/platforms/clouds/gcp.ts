// Clouds, which tell their machines by metadata services; those that take more than a file have a folder.
import { askTwice, inWords, noIdentityAfter } from "../answer.ts";
import { noIdentity } from "../errors.ts";
import { isJwt } from "../jwt.ts";
import type { Platform, PlatformDeps } from "../platform.ts";

const TITLE = "Google Cloud";
/** By address: the name metadata.google.internal leads to it, where there are names. */
const ADDRESS = "169.254.169.254";
/** Shown by us, so that no page in a browser can ask; shown by the server, so that no other answers in its place. */
const FLAVOR = { "metadata-flavor": "Google" };
const SWITCH_ON =
  "give the machine, the Cloud Run service or the pod's Kubernetes account a service account; GCE_METADATA_HOST names another metadata server";

/** Where the metadata server is: GCE_METADATA_HOST, a host with or without a port. */
function place({ env }: Pick<PlatformDeps, "env">): string {
  const host = env.GCE_METADATA_HOST || env.GCE_METADATA_IP || ADDRESS;
  const url = URL.parse(/^https?:\/\//i.test(host) ? host : `http://${host}`);
  if (url) return url.origin;
  throw noIdentity(TITLE, "the variable GCE_METADATA_HOST holds no host", "set it to HOST or HOST:PORT");
}

const isGoogles = (headers: Headers) => headers.get("metadata-flavor") === "Google";

/**
 * The identity token of the service account of a machine, a Cloud Run service, a function, or a pod with Workload
 * Identity ("Verifying VM identity" of Compute Engine; "About VM metadata").
 */
export const gcp: Platform = {
  title: TITLE,
  lookedFor: `the metadata server at ${ADDRESS}, or the variable GCE_METADATA_HOST`,
  find: async ({ env }) =>
    env.GCE_METADATA_HOST || env.GCE_METADATA_IP ? "the variable GCE_METADATA_HOST" : undefined,

  async probe(deps) {
    const answer = await deps.askDirect(`${place(deps)}/`, { method: "GET", headers: FLAVOR });
    return "status" in answer && isGoogles(answer.headers) ? "the metadata server answers" : undefined;
  },

  async identify({ audience, identity = "default" }, deps) {
    const server = place(deps);
    const account = `/computeMetadata/v1/instance/service-accounts/${encodeURIComponent(identity)}`;
    const asked = `${server}${account}/identity?${new URLSearchParams({ audience, format: "full" })}`;
    const answer = await askTwice(() => deps.askDirect(asked, { method: "GET", headers: FLAVOR }));
    const fail = (why: string) => noIdentity(TITLE, why, SWITCH_ON);
    if ("unanswered" in answer) throw fail(`no metadata server at ${server}: ${answer.unanswered}`);
    if (!isGoogles(answer.headers))
      throw fail(`what answers at ${server} is no metadata server of Google's (no Metadata-Flavor: Google)`);
    if (answer.status === 404)
      throw fail(
        `the metadata server at ${server} knows no service account ${identity === "default" ? "of this machine" : identity}`,
      );
    const token = answer.text.trim();
    if (answer.status !== 200 || !isJwt(token))
      throw noIdentityAfter(
        answer.status,
        TITLE,
        `the metadata server at ${server}: ${inWords(answer)}`,
        SWITCH_ON,
      );
    return { token };
  },
};
