// The identity token that Google's own library gets. Argument: JSON of the account and the audience.
import { Compute } from "google-auth-library";

const { account, audience } = JSON.parse(process.argv[2]);
const client = new Compute({ serviceAccountEmail: account });
// The library puts the audience into the address as it is.
process.stdout.write(await client.fetchIdToken(encodeURIComponent(audience)));
