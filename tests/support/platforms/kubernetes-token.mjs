// Prints what the official client of Kubernetes gets by TokenRequest. Arguments: root of a pod's files, audience.
import { CoreV1Api, KubeConfig } from "@kubernetes/client-node";

const [root, audience] = process.argv.slice(2);
const config = new KubeConfig();
config.loadFromCluster(root);
const spec = { audiences: [audience], expirationSeconds: 600 };
const body = { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec };
const api = config.makeApiClient(CoreV1Api);
const made = await api.createNamespacedServiceAccountToken({ name: "machine", namespace: "agents", body });
process.stdout.write(made.status.token);
