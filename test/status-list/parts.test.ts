import { describe, expect, it } from "vitest";
import { createJti } from "../../src/core/token/jti.ts";
import { permute } from "../../src/status-list/permute.ts";
import { nameSeries, parseSid, writeSid } from "../../src/status-list/place.ts";
import { THOROUGH } from "../support/thorough.ts";
import { NOW } from "../support/tokens.ts";

const uri = "https://auth.example/statuslists";

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
    { list: 0xff_ff_ff, index: 4_194_303 },
  ])("tells %j, and which lists it is in", (place) => {
    const uuid = createJti(NOW);
    const sid = writeSid(uuid, { uri, ...place });
    expect(sid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(sid.slice(0, 8)).toBe(uuid.slice(0, 8));
    expect(parseSid(sid)).toEqual({ series: nameSeries(uri), ...place });
    expect(nameSeries(uri)).toMatch(/^[0-9a-f]{7}$/);
    expect(nameSeries(`${uri}s`)).not.toBe(nameSeries(uri));
  });

  it("follows the time, and differs from others of one minute and place by random bits", () => {
    const place = { uri, list: 1, index: 5 };
    const sids = [0, 70, 140, 210].map((minutes) => writeSid(createJti(NOW + minutes * 60_000), place));
    expect([...sids].sort()).toEqual(sids);
    const same = Array.from({ length: 64 }, () => writeSid(createJti(NOW), place));
    expect(new Set(same).size).toBeGreaterThan(48);
  });

  it("does not say which lists it is in, where the id was made without that", () => {
    const sid = `${createJti(NOW).slice(0, 14)}8abc-8abc-0000073fffff`;
    expect(parseSid(sid)).toEqual({ series: "", list: 7, index: 4_194_303 });
  });

  it.each([
    createJti(NOW),
    "",
    "sid-1",
    `${writeSid(createJti(NOW), { uri, list: 1, index: 1 })} `,
    writeSid(createJti(NOW), { uri, list: 0, index: 1 }),
    writeSid(createJti(NOW), { uri, list: 1, index: 1 }).toUpperCase(),
  ])("there is none in %j", (sid) => {
    expect(parseSid(sid)).toBeNull();
  });
});
