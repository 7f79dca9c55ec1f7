/** One credit, in the unit every amount is kept in. A winning share pays exactly this. */
export const CREDIT = 1_000_000

/** What a new account starts with. */
export const START_BALANCE = 1_000 * CREDIT

/** What the house is given once, when the database is made; subsidies come from it. */
export const HOUSE_BALANCE = 1_000_000_000 * CREDIT

/** The row of the house in `accounts`: it has no token and trades nothing. */
export const HOUSE_ACCOUNT = 1
