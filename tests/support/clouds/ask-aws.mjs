// The token that AWS' own library gets. Argument: JSON of the call's parameters.
import { GetWebIdentityTokenCommand, STSClient } from "@aws-sdk/client-sts";

const asked = JSON.parse(process.argv[2]);
const { WebIdentityToken } = await new STSClient().send(new GetWebIdentityTokenCommand(asked));
process.stdout.write(WebIdentityToken);
