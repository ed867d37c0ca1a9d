import { join } from "node:path";

/** The folder for what takes long to make and serves every run. */
export const CACHE: string = join(import.meta.dirname, "../../node_modules/.cache/hallpass-tests");
