// The client assertion that Azure's own library sends from AKS: it reads the file as the pod's variables say. Argument:
// JSON of the resource.
import { WorkloadIdentityCredential } from "@azure/identity";

const { resource } = JSON.parse(process.argv[2]);
const credential = new WorkloadIdentityCredential({ disableInstanceDiscovery: true });
await credential.getToken(`${resource}/.default`);
