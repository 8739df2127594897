// The token that Azure's own library gets. Argument: JSON of the identity's options and the resource.
import { ManagedIdentityCredential } from "@azure/identity";

const { chosen, resource } = JSON.parse(process.argv[2]);
const { token } = await new ManagedIdentityCredential(chosen).getToken(`${resource}/.default`);
process.stdout.write(token);
