import { inject } from "vitest";

/** The address of a server that the tests share; `null` where there is none, and its tests are to be skipped. */
export async function urlOf(server: "postgres" | "redis"): Promise<string | null> {
  const response = await fetch(`${inject("serversUrl")}/${server}`);
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()) as string | null;
}
