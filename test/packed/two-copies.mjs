// What two copies of the package do together, ESM beside CommonJS. It writes a line of JSON: the outcomes of each mix.
import { createHash, generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { createRequire } from "node:module";

const ENTRIES = { main: "", fetch: "/fetch", dpop: "/dpop", adapter: "/adapter", memory: "/stores/memory" };
const require = createRequire(import.meta.url);

/** Loads every entry in one build. */
async function load(one) {
  return Object.fromEntries(
    await Promise.all(Object.entries(ENTRIES).map(async ([as, name]) => [as, await one(name)])),
  );
}

const COPIES = {
  ESM: await load((name) => import(`hallpass${name}`)),
  CommonJS: await load((name) => require(`./node_modules/hallpass/dist${name || "/index"}.cjs`)),
};
if (COPIES.ESM.main.AuthError === COPIES.CommonJS.main.AuthError) throw new Error("these are one copy");

const [ORIGIN, OTHER] = ["https://api.example.com", "https://other.example.com"];
const bearer = (token) => `Bearer ${token}`;
const post = (path, headers, body) => new Request(ORIGIN + path, { method: "POST", headers, body });
const json = { "content-type": "application/json" };
const form = { "content-type": "application/x-www-form-urlencoded" };
const codeOf = (error) => error.code ?? error.message;

/** A service that the endpoints for services know. */
const SERVICE = {
  ...{ name: "service", place: "x-service", read: (request) => request.header("x-service") },
  verify: (userId) => ({ userId, claims: {} }),
};

function profileOf({ main }, issuer = ORIGIN) {
  return main.defineToken({ keys: main.secretKey(new Uint8Array(32)), issuer, audience: "api" });
}

const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const { crv, kty, x, y } = publicKey.export({ format: "jwk" });
const jkt = createHash("sha256").update(JSON.stringify({ crv, kty, x, y })).digest("base64url");

function proofOf(path, token) {
  const ath = createHash("sha256").update(token).digest("base64url");
  const payload = { jti: randomUUID(), htm: "GET", htu: ORIGIN + path, iat: Math.floor(Date.now() / 1_000), ath };
  const input = [{ typ: "dpop+jwt", alg: "ES256", jwk: { crv, kty, x, y } }, payload]
    .map((it) => Buffer.from(JSON.stringify(it)).toString("base64url"))
    .join(".");
  const signature = sign("sha256", Buffer.from(input), { key: privateKey, dsaEncoding: "ieee-p1363" });
  return `${input}.${signature.toString("base64url")}`;
}

async function authenticatorOf(copy, options) {
  const users = copy.memory.memoryUsers();
  const passwordHash = await copy.main.hashPassword("correct horse");
  users.add({ user: { id: "user-1" }, login: "ada", passwordHash });
  return { users, auth: copy.main.createAuthenticator({ users, ...options }) };
}

/** Each takes the copy that made something, and the copy that is given it. */
const MIXES = {
  async "a login with the credential of a cookie"(makes, takes) {
    const token = profileOf(makes);
    const { auth } = await authenticatorOf(takes, { token, credentials: [makes.main.cookieToken(token)] });
    const body = JSON.stringify({ login: "ada", password: "correct horse" });
    const logIn = (headers) => takes.fetch.login(auth)(post("/login", { ...json, ...headers }, body));
    const own = await logIn({ "sec-fetch-site": "same-origin" });
    const crossSite = await logIn({ origin: "https://evil.example", "sec-fetch-site": "cross-site" });
    return [own.status, own.headers.get("set-cookie")?.split("=")[0], crossSite.status];
  },

  async "two credentials for guards of anyOf"(makes, takes) {
    const [token, other] = [profileOf(makes), profileOf(makes, OTHER)];
    const inCookie = makes.main.createGuard({ credentials: [makes.main.cookieToken(other)] });
    const any = takes.main.anyOf(makes.main.createGuard({ token }), inCookie);
    const authorization = bearer(await makes.main.issueToken({ sub: "user-1" }, token));
    const cookie = `__Host-access=${await makes.main.issueToken({ sub: "user-2" }, other)}`;
    return any.authenticate({ method: "GET", headers: { authorization, cookie } }).then(({ userId }) => userId, codeOf);
  },

  "an endpoint that every user could ask"(makes, takes) {
    const token = profileOf(makes);
    const [guard, clients] = [makes.main.createGuard({ token }), makes.main.createGuard({ token })];
    const refusalOf = (one, its) => {
      try {
        takes.fetch.introspect(one, { clients: its });
        return "built";
      } catch (error) {
        return /every user could ask/.test(error.message);
      }
    };
    const among = makes.main.anyOf(clients, makes.main.createGuard({ credentials: [SERVICE] }));
    return [refusalOf(guard, clients), refusalOf(guard, takes.main.createGuard({ token })), refusalOf(guard, among)];
  },

  async "introspection of a bound token"(makes, takes) {
    const token = profileOf(makes);
    const clients = makes.main.createGuard({ credentials: [SERVICE] });
    const dpop = makes.dpop.dpop(token, { origin: ORIGIN, proofs: null });
    const guard = makes.main.createGuard({ credentials: [dpop] });
    const shown = await makes.main.issueToken({ sub: "user-1", cnf: { jkt } }, token);
    const ask = async (one) => {
      const request = post("/introspect", { ...form, "x-service": "billing" }, `token=${shown}`);
      return (await (await takes.fetch.introspect(one, { clients })(request)).json()).active;
    };
    return [await ask(guard), await ask(takes.main.anyOf(guard))];
  },

  async "revocation while the users are down"(makes, takes) {
    const token = profileOf(makes);
    const clients = makes.main.createGuard({ credentials: [SERVICE] });
    const refresh = { store: makes.memory.memoryRefreshStore() };
    const { users, auth } = await authenticatorOf(makes, { token, refresh, onOutage: () => undefined });
    const { refreshToken } = await auth.login({ login: "ada", password: "correct horse" });
    users.findById = () => Promise.reject(new Error("down"));
    const request = post("/revoke", { ...form, "x-service": "billing" }, `token=${refreshToken}`);
    return (await takes.fetch.revoke(auth, { clients })(request)).status;
  },

  async "two guards of one route that see one proof"(makes, takes) {
    const token = profileOf(makes);
    const proofs = makes.memory.memoryProofs();
    const [outer, inner] = [makes, takes].map((copy) => {
      const guard = copy.main.createGuard({ credentials: [copy.dpop.dpop(token, { origin: ORIGIN, proofs })] });
      return copy.fetch.requireAuth(guard);
    });
    const accessToken = await makes.main.issueToken({ sub: "user-1", cnf: { jkt } }, token);
    const headers = { authorization: `DPoP ${accessToken}`, dpop: proofOf("/me", accessToken) };
    const handle = outer(inner(() => new Response("ok")));
    const ask = async () => (await handle(new Request(`${ORIGIN}/me`, { headers }))).status;
    return [await ask(), await ask()];
  },

  async "the log of an outage that was answered already"(makes, takes) {
    const blocklist = { ...makes.memory.memoryBlocklist(), isRevoked: () => Promise.reject(new Error("down")) };
    const token = profileOf(makes);
    const guard = makes.main.createGuard({ token, blocklist, onOutage: () => undefined });
    const logged = [];
    const handle = takes.fetch.errorHandler({ log: (error) => logged.push(error.code) });
    const authorization = bearer(await makes.main.issueToken({ sub: "user-1" }, token));
    const route = handle(makes.fetch.requireAuth(guard)(() => new Response("ok")));
    const { status } = await route(new Request(ORIGIN, { headers: { authorization } }));
    return [status, logged];
  },

  async "a token that is known at once"(makes, takes) {
    const token = profileOf(makes);
    const guard = makes.main.createGuard({ token });
    const authorization = bearer(await makes.main.issueToken({ sub: "user-1" }, token));
    return takes.adapter.identify({}, guard, "authenticate", { headers: { authorization } }).userId ?? "a promise";
  },
};

const outcomes = {};
for (const [makes, takes] of [
  ["ESM", "ESM"],
  ["ESM", "CommonJS"],
  ["CommonJS", "ESM"],
]) {
  const mix = {};
  for (const [what, run] of Object.entries(MIXES)) mix[what] = await run(COPIES[makes], COPIES[takes]);
  outcomes[`${makes} and ${takes}`] = mix;
}
process.stdout.write(JSON.stringify(outcomes));
