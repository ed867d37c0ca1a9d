import { urlOf } from "./url.ts";

/** The tests' Postgres; `null` where there is none. */
export const postgresUrl: string | null = await urlOf("postgres");
