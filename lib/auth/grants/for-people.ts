import { JWT_BEARER, TOKEN_EXCHANGE } from "./exchange/token-types.ts";

const MACHINE_GRANTS = ["client_credentials", JWT_BEARER, TOKEN_EXCHANGE];

/** The grants of a server whose metadata names none for machines; undefined where it names that, or nothing. */
export const grantsForPeople = (grants: readonly string[] | undefined): readonly string[] | undefined =>
  grants === undefined || grants.length === 0 || grants.some((grant) => MACHINE_GRANTS.includes(grant))
    ? undefined
    : grants;
