import { describe, expect, it } from "vitest";
import { createAuthenticator } from "../../../src/authenticator/create.ts";
import type { OpenClaims } from "../../../src/core/token/claims.ts";
import { issueToken } from "../../../src/core/token/issue.ts";
import { memoryRefreshStore } from "../../../src/stores/memory/refresh.ts";
import { memoryUsers } from "../../../src/stores/memory/users.ts";
import { mintToken } from "../../../src/testing.ts";
import { PASSWORD, passwords, READER } from "../../support/flow.ts";
import { profileOf } from "../../support/tokens.ts";

const BCRYPT = "$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy";
const HASHES: readonly string[] = [
  await passwords.hash(PASSWORD),
  "$argon2i$v=19$m=65536,t=3,p=4$c29tZXNhbHQ$aGFzaA",
  "$argon2d$m=65536,t=3,p=4$c29tZXNhbHQ$aGFzaA",
  "$scrypt$ln=16,r=8,p=1$aM15713r3Xsvxbi31lqr1Q$nFNh2CVHVjNldFVKDHDlm4CbdRSCdEBsjjJxD+iCs5E",
  "$pbkdf2-sha512$25000$LyWE0HrP2RsjZCxlDGFMKQ$1vC5Ohk2mCS9b6akqsEfgeb4l74SF8XjH",
  "$pbkdf2$131000$r5XyXkupNaZUKqV0rjWmVA$fxVvpgNkG4vTkp8aMo7RYyOXlFE",
  "pbkdf2_sha256$600000$salt$q6oRNzcMFBcYFXr2gQrwFZ6kzUXFzNlcXgYDBGq7pSw=",
  "scrypt:32768:8:1$salt$4b3cdf0d8ce4b6f5b7a1",
  "$bcrypt-sha256$v=2,t=2b,r=12$n79VH.0Q2TMWmt3Oqt9uku$Kq4Noyk3094Y2QlB8NdRT8SvGiI4ft2",
  BCRYPT,
  ...["$2a$", "$2y$", "$2x$"].map((prefix) => BCRYPT.replace("$2b$", prefix)),
  "$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/",
  "$5$rounds=5000$toolongsaltstring$Un/5jzAHMgOGZ5.mWJpuVolil07guHPvOW8mGsh7oc/",
  "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjlO/O817G3uBnIFNJnlJMZ2Ud6T",
  "$7$C6..../....SodiumChloride$kBGj9fHznVYFQMEn/qDCfrDevf9YDtcDdKvEqHJLV8D",
  "$y$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7",
  "$sha1$40000$jtNX3nZ2$hBNaIXkt4wBI2o5rsi8KejSjNqIq",
];
const issue = (claims: unknown): Promise<string> => issueToken(claims as OpenClaims, profileOf());

class Row {
  readonly _doc: object = { email: "ada@example.com", password: { hash: BCRYPT } };
  get passwordHash(): string {
    return BCRYPT;
  }
}

describe("claims that hold a password's hash are not signed", () => {
  it.each(HASHES)("%s", async (hash) => {
    await expect(issue({ sub: "user-1", passwordHash: hash })).rejects.toThrow(
      "issueToken: the claim passwordHash holds a password hash, which whoever has the token could read; leave it out",
    );
  });

  it.each<readonly [string, unknown, string]>([
    ["nested", { user: { account: { hash: BCRYPT } } }, "user.account.hash"],
    ["in a list", { users: [{ name: "ada" }, { hash: BCRYPT }] }, "users.1.hash"],
    ["what a toJSON makes", { user: { toJSON: () => ({ hash: BCRYPT }) } }, "user.hash"],
    ["a getter's", { user: Object.defineProperty({}, "h", { enumerable: true, get: () => BCRYPT }) }, "user.h"],
    ["an object of an ORM", new Row(), "_doc.password.hash"],
    ["JSON as text", { user: JSON.stringify({ hash: BCRYPT }) }, "user"],
    ["text around it", { note: `it is "${BCRYPT}"\n` }, "note"],
    ["the user's id", { sub: BCRYPT }, "sub"],
    ["a name", { roles: { [BCRYPT]: true } }, "roles.(a name)"],
    ["a name at the top", { [BCRYPT]: true }, "(a name)"],
    ["a name that is no ordinary one", { "a\n": { "": BCRYPT } }, '"a\\n".""'],
    ["deep down", JSON.parse(`${'{"a":'.repeat(1_000)}"${BCRYPT}"${"}".repeat(1_000)}`), `a${".a".repeat(999)}`],
  ])("%s", async (_where, claims, path) => {
    const error: Error = await issue(claims).catch((caught) => caught);
    expect(error).toBeInstanceOf(TypeError);
    expect(error.message).toContain(`the claim ${path} holds a password hash`);
    expect(error.message).not.toContain(BCRYPT.slice(0, 7));
  });

  it.each([
    "$",
    "$5",
    "it costs $5$ or $6$, or $1$ at times",
    "US$2$",
    "$ref",
    "\bcrypt$",
    "argon2 and bcrypt are hashes",
    "scrypt".repeat(900),
    "$y$",
  ])("but text is: %j", async (text) => {
    await expect(issue({ text, more: { [text]: [text] } }).catch((error) => error.message)).resolves.toMatch(
      /^ey|maxB/,
    );
  });
});

describe("wherever a token is issued", () => {
  const row = { id: "user-1", passwordHash: BCRYPT };
  const users = memoryUsers<typeof row>();
  users.add({ login: READER.login, passwordHash: HASHES[0] as string, user: row });
  let claims: (user: typeof row) => OpenClaims = (user) => user;
  const auth = createAuthenticator({
    token: profileOf(),
    users,
    passwords,
    claims: (user) => claims(user),
    refresh: { store: memoryRefreshStore() },
  });
  const why = /the claim passwordHash holds a password hash/;

  it("a login", async () => {
    claims = (user) => user;
    await expect(auth.login(READER)).rejects.toThrow(why);
  });

  it("a refresh", async () => {
    claims = () => ({});
    const { refreshToken } = await auth.login(READER);
    claims = (user) => user;
    await expect(auth.refresh(refreshToken)).rejects.toThrow(why);
  });

  it("mintToken", async () => {
    await expect(mintToken({ ...row }, profileOf())).rejects.toThrow(why);
  });
});
