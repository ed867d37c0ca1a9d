/**
 * Whether to try everything, as CI does by `TEST_THOROUGH=1`. Otherwise the exhaustive and the random tests take a part of the
 * cases, spread evenly over all of them.
 */
export const THOROUGH: boolean = process.env.TEST_THOROUGH === "1";

/**
 * Every so many-th row of a table, and in a thorough run all of them. Each column of the table begins at another row, so that
 * every row and every column is met.
 */
export const partOf = <Row>(rows: readonly Row[], column: number, step: number): readonly Row[] =>
  rows.filter((_, at) => THOROUGH || (at + column) % step === 0);

/** How often to try something: so many times, and in a thorough run more. */
export const runs = (few: number, many: number): number => (THOROUGH ? many : few);
