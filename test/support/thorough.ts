/**
 * Whether to try everything, as CI does by `TEST_THOROUGH=1`. Otherwise the exhaustive and the random tests take a part of the
 * cases, spread evenly over all of them.
 */
export const THOROUGH: boolean = process.env.TEST_THOROUGH === "1";

/** How often to try something: so many times, and in a thorough run more. */
export const runs = (few: number, many: number): number => (THOROUGH ? many : few);
