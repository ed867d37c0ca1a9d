import { urlOf } from "./url.ts";

/** The tests' Redis; `null` where there is none. */
export const redisUrl: string | null = await urlOf("redis");
