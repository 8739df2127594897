// Prints, after an "=" in a line of its own, what GitHub's own client library gets for the audience in the argument.
import { getIDToken } from "@actions/core";

process.stdout.write(`\n=${await getIDToken(process.argv[2])}`);
