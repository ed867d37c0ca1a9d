import { describe, expect, it } from "vitest";
import { newJti } from "../../src/core/token/jti.ts";
import { permute } from "../../src/status-list/permute.ts";
import { readSid, writeSid } from "../../src/status-list/place.ts";
import { THOROUGH } from "../support/thorough.ts";
import { NOW } from "../support/tokens.ts";

describe("permute", () => {
  it.each([8, 16, 24, 1_000, 1_024, ...(THOROUGH ? [4_096, 5_000] : [])])(
    "gives each of %i numbers a place of its own",
    (size) => {
      const places = Array.from({ length: size }, (_, number) => permute("seed", size, number));
      expect([...places].sort((one, other) => one - other)).toEqual(Array.from({ length: size }, (_, at) => at));
    },
  );

  it("scatters numbers that follow each other, by the seed", () => {
    const size = 1_048_576;
    const places = Array.from({ length: 1_000 }, (_, number) => permute("seed", size, number));
    const steps = places.slice(1).map((place, at) => Math.abs(place - (places[at] as number)));
    const mean = steps.reduce((sum, step) => sum + step, 0) / steps.length;
    expect(mean / size).toBeGreaterThan(0.28); // A third, where it is by chance.
    expect(mean / size).toBeLessThan(0.38);
    expect(places.filter((place, number) => place === permute("other", size, number)).length).toBeLessThan(3);
    expect(Math.max(...places)).toBeLessThan(size);
  });
});

describe("a session's id with a place in it", () => {
  it.each([
    { list: 1, index: 0 },
    { list: 7, index: 4_194_303 },
    { list: 0xff_ff_ff, index: 0xff_ff_ff },
  ])("tells %j", (place) => {
    const uuid = newJti(NOW);
    const sid = writeSid(uuid, place);
    expect(sid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(sid.slice(0, 13)).toBe(uuid.slice(0, 13));
    expect(readSid(sid)).toEqual(place);
  });

  it.each([
    newJti(NOW),
    "",
    "sid-1",
    `${writeSid(newJti(NOW), { list: 1, index: 1 })} `,
    writeSid(newJti(NOW), { list: 0, index: 1 }),
    writeSid(newJti(NOW), { list: 1, index: 1 }).toUpperCase(),
  ])("there is none in %j", (sid) => {
    expect(readSid(sid)).toBeNull();
  });
});
