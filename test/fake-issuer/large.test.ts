import { gunzipSync } from "node:zlib";
import { describe, expect } from "vitest";
import { it } from "./fixture.ts";
import { fetchRaw, streamRaw } from "./raw.ts";

describe("a client of what is large", () => {
  it("gets 100 MiB, of which little is in memory at a time", async ({ issuer }) => {
    await issuer.behave("huge");
    const before = process.memoryUsage.rss();
    const { length, most } = await measure(streamRaw(issuer.jwksUri));
    expect(length).toBe(100 * 2 ** 20);
    expect(most - before).toBeLessThan(80 * 2 ** 20);
  });

  it("gets 60 MiB that came as less than 64 KiB", async ({ issuer }) => {
    await issuer.behave("gzip-bomb");
    const { body, headers } = await fetchRaw(issuer.jwksUri);
    expect(headers["content-encoding"]).toBe("gzip");
    expect(body.length).toBeLessThan(64 * 2 ** 10);
    const whole = gunzipSync(body);
    expect(whole.length).toBe(60 * 2 ** 20);
    expect(JSON.parse(whole.toString())).toEqual(issuer.jwks());
    expect((await fetchRaw(issuer.jwksUri)).body).toEqual(body);
    await issuer.behave({ gzip: true });
    expect(gunzipSync((await fetchRaw(issuer.jwksUri)).body).toString()).toBe(JSON.stringify(issuer.jwks()));
    await issuer.rotate();
    expect(await (await fetch(issuer.jwksUri)).json()).toEqual(issuer.jwks());
  });
});

/** Reads a stream without keeping it. */
async function measure(stream: AsyncIterable<Uint8Array>): Promise<{ length: number; most: number }> {
  let length = 0;
  let most = 0;
  for await (const piece of stream) {
    length += piece.length;
    most = Math.max(most, process.memoryUsage.rss());
  }
  return { length, most };
}
