import { runs } from "./thorough.ts";

/**
 * The length of a text that is over every limit. Work that grows with the square of it would take minutes where it is one
 * megabyte, as well as where it is ten.
 */
export const MEGABYTES: number = runs(1_000_000, 10_000_000);
