/**
 * In it the witness shows the word that control made up for this run and told the workers, so that no limit counts it. It is
 * never passed on to an instance. A client that sends the field without the word gains nothing.
 */
export const WITNESS_FIELD = 'seaworthy-witness'
