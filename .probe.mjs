// Says what it takes to remember so many revoked tokens in a way that the first argument names.
import { LRUCache } from "lru-cache";

const [way, count] = [process.argv[2], Number(process.argv[3])];
const START = Date.parse("2030-01-01T00:00:00Z");
const LIFETIME = 900_000;
const ASKED = 200_000;
let time = START;
process.hrtime.bigint = () => BigInt(time) * 1_000_000n;

/** Ways to remember: how to revoke, how to ask, and how to let go of what has expired, a step at a time. */
const WAYS = {
  async hallpass() {
    const { memoryBlocklist } = await import("hallpass/stores/memory");
    const list = memoryBlocklist({ now: () => time });
    const reference = (jti) => ({ jti, sid: null, userId: "user-1", issuedAt: new Date(START) });
    return {
      revoke: (id, at) => list.revokeToken(id, new Date(at)),
      isRevoked: (id) => list.isRevoked(reference(id)),
      size: () => list.size,
      expire: (id) => list.isRevoked(reference(id)),
    };
  },
  "a plain Map": () => {
    const map = new Map();
    return {
      revoke: (id, at) => map.set(id, at),
      isRevoked: (id) => map.get(id) > time,
      size: () => map.size,
      expire() {
        for (const [id, at] of map) if (at <= time) map.delete(id);
      },
    };
  },
  "lru-cache": () => {
    const cache = new LRUCache({ max: count, ttl: LIFETIME, ttlResolution: 0, perf: { now: () => time } });
    return {
      revoke: (id, at) => cache.set(id, true, { ttl: at - time }),
      isRevoked: (id) => cache.has(id),
      size: () => cache.size,
      expire: () => cache.purgeStale(),
    };
  },
};

const { revoke, isRevoked, size, expire } = await WAYS[way]();

/** The nth of many UUIDv7, as a string of its own, whose bits are no longer those of a count. */
const scratch = Buffer.alloc(16);
function idOf(nth) {
  scratch.writeUIntBE(START + Math.floor((nth * LIFETIME) / count), 0, 6);
  for (const [at, seed] of [
    [6, 0x9e3779b9],
    [10, 0x85ebca6b],
    [12, 0xc2b2ae35],
  ]) {
    let mixed = Math.imul(nth ^ seed, 0x27d4eb2f);
    mixed = Math.imul(mixed ^ (mixed >>> 15), seed);
    scratch.writeUInt32BE((mixed ^ (mixed >>> 13)) >>> 0, at);
  }
  const hex = scratch.hexSlice();
  const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-7${hex.slice(13, 16)}-8${hex.slice(17, 20)}-${hex.slice(20)}`;
  return Buffer.from(id).latin1Slice();
}

const memory = () => {
  gc();
  return process.memoryUsage().rss;
};

/** The longest of many calls, in milliseconds. */
function longest(calls, call) {
  let most = 0;
  for (let nth = 0; nth < calls; nth += 1) {
    const start = performance.now();
    const goesOn = call(nth);
    most = Math.max(most, performance.now() - start);
    if (goesOn === false) break;
  }
  return most;
}

/** Nanoseconds a question, and not what it takes to make up the ids. */
function timeAsking(from, expected) {
  let spent = 0;
  for (let asked = 0; asked < ASKED; asked += 1_000) {
    const ids = Array.from({ length: 1_000 }, (_, at) => idOf(from + (((asked + at) * 7_919) % count)));
    const start = performance.now();
    for (const id of ids) if (isRevoked(id) !== expected) throw new Error(`${way} answered wrongly`);
    spent += performance.now() - start;
  }
  return (spent * 1e6) / ASKED;
}

const before = memory();
const filling = longest(count, (nth) => void revoke(idOf(nth), time + LIFETIME));
const bytes = (memory() - before) / count;
timeAsking(0, true);
const hit = timeAsking(0, true);
const miss = timeAsking(count, false);
for (let passed = 0; passed < 2 * LIFETIME; passed += LIFETIME / 2) {
  time += LIFETIME / 2;
  for (let use = 0; use < 32; use += 1) isRevoked(idOf(count));
}
const expiring = longest(20 * count, (nth) => {
  expire(idOf(count + nth));
  return nth % 1_000 > 0 || size() > 0; // which itself takes a while
});
if (size() > 0) throw new Error(`${way} kept what has expired`);
console.log(JSON.stringify({ bytes, hit, miss, filling, expiring }));
