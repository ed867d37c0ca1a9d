import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createAuthenticator } from "../../../src/authenticator/create.ts";
import type { OpenClaims } from "../../../src/core/token/claims.ts";
import { decodeToken } from "../../../src/core/token/decode.ts";
import { issueToken } from "../../../src/core/token/issue.ts";
import { memoryRefreshStore } from "../../../src/stores/memory/refresh.ts";
import { memoryUsers } from "../../../src/stores/memory/users.ts";
import { mintToken } from "../../../src/testing.ts";
import { PASSWORD, passwords, READER } from "../../support/flow.ts";
import { runs } from "../../support/thorough.ts";
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
  "$apr1$eiv1dqDj$oQA6mQFpHGAfdKOlDsQXU0",
  "$gy$j9T$F5Jx5fExrKuPp53xLKQ..1$X3DX6M94c7o.9agCG9G317fhZg9SqC.5i5rd.RhAtQ7",
  "$md5$rounds=5000$GUBv0xjJ$$mSwgIswdjlTY0YxV7HBVm0",
  "$md5,rounds=904$iPPKEBnEkp3JV8uX$0L6m7rOFTVFn.SGqo2M9W1",
  "$P$984478476IagS59wHZvyQMArzfx58u.",
  "$H$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0",
  "$S$DkIkdKLIvRK0iVHm99X7B/M8QC17E1Tp/kMOd1Ie8V/PgWjtAZld",
  "$3$$8846f7eaee8fb117ad06bdd830b7586c",
  "$8$dsYGNam3K1SIJO$7nv/35M/qr6t.dVc7UY9zrJDWRVqncHub1PE9UlMQFs",
  "$shiro1$SHA-256$500000$8bUJ5OPPnbqAYlpIZhbuGg==$SaW1Vjsmq2oQyP6zUn3KSqHFYYWPjeJ8IdMWjVfp5Bk=",
  "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
  "{SSHA}dRTFlHPDFsUfIZcMhTnGGnr8TPeCw8Gv",
  "{SSHA512}U6A9XP0pOQ5bPHGRSLuxCfRkMJbYzgvtpTCcxJyhM0xxXA0KHNY",
  "{SMD5}4QWGWZpj9GCmfuqEvm8HtZhZS6E=",
  "{MD5}X03MO1qnZdYdgyfeuILPmQ==",
  "{CRYPT}rl0uE8B1i5gsg",
  "{crypt}$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjlO",
  "{SHA512-CRYPT}$6$rounds=4000$salt$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjlO",
  "{BLF-CRYPT}$2y$05$11ipvo5dR6CwkzwmhwM26OXgzXwhV2PyPuLV",
  "{PBKDF2-SHA512}10000$AAAAAAAAAAAAAAAAAAAAAA$qP6hT3Zt1aYb",
  "pbkdf2_sha1$390000$salt$q6oRNzcMFBcYFXr2gQrwFZ6kzUXFzNlcXgYDBGq7pSw=",
  "pbkdf2:sha256:600000$WmsH3jLq$0b5d2c3c6f7a",
  "bcrypt_sha256$$2b$12$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
  "argon2$argon2id$v=19$m=102400,t=2,p=8$c2FsdA$aGFzaA",
  "scrypt$16384$salt$8$1$aGFzaGFzaA",
  "sha1$a1b2c$5e93a6ab5a3f2b9a6f0d0b5a5b5e3c3f3c3d3e3f",
  "md5$a1b2c$5e93a6ab5a3f2b9a6f0d0b5a5b5e3c3f",
  "PBKDF2$sha256$27500$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2g=",
  "{pbkdf2}5d923b44a6d129f3ddf3e3c8d29412723dcbde72445e8ef6bf3b508fbf17fa4ed4d6b99ca763d8dc",
  "{pbkdf2@SpringSecurity_v5_8}5d923b44a6d129f3ddf3e3c8d29412723dcbde72445e8ef6bf3b508fbf17fa4ed4d6b99ca763d8dc",
  "{scrypt@SpringSecurity_v5_8}$e0801$8bWJaSu2IKSn9Z9kM+TPXfOc/9bdYSrN1oD9qfVThWEwdRTnO7re7Ei+fUZRJ68k9lTyuTeUp4of4g24hHnazw==$OAOec05+bXxvuu/1qZ6NUR+xQYvYv7BeL1QxwRpY5Pc=",
  "{argon2@SpringSecurity_v5_8}$argon2id$v=19$m=16384,t=2,p=1$c29tZXNhbHQ$aGFzaGhhc2g",
  "{sha256}97cde38028ad898ebc02e690819fa220e88c62e0699403e94fff291cfffaf8410849f27605abcbc0",
  "{bcrypt}$2a$10$dXJ3SW6G7P50lGmMkkmwe.20cQQubK3.HZWzG3YB1tlRy.fqvM/BG",
  "{noop}password",
  "{PLAIN}correcthorsebatterystaple",
  "{CLEARTEXT}correcthorsebatterystaple",
  "{SCRAM-SHA-256}4096,GetyLXdBuHzf1FWf8SLz2Q==,NA/OqmF4hhrsrB9KR7po+dliTGM=,QBiURvQaE6H6qYTmeghDHLANBFQ=",
  "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=",
  "$A$005$THISISACOMBINATIONOFINVALIDSALTANDPASSWORDTHATMUSTNEVERBRBEUSED",
  '$A$005$\x01\n"~\x1fsalt of any bytesNwNGGJ0ohHVDQcFCRKHnqp2Q4hv1hHJ9Kq4Nq3mMmS2',
  "$s0$e0801$epIxT/h6HbbwHaehFnh/bw==$7H0vsXlY8UxxyW/BWx/9GuY7jEvGjT71GFd6O4SZND0=",
  "$s0$e0801$epIxT/h6HbbwHaehFnh/bw==$7+0+sXlY8U+xyW/BWx/9GuY7jEvGjT71GFd6O4SZND0=",
  "$sm3$etrhhJQnrCz8z9yI$3SFx.c1uVxGHFAkFA5oqzC3MZ7vq3f5PbqE8YqhkZD0",
  "$ml$39000$0102030405060708090a0b0c0d0e0f10$aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899",
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
    ["text before it", { note: `the hash of ada: ${BCRYPT}` }, "note"],
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
    "we store scrypt$ and bcrypt$ hashes",
    "$1$, $2$, $3$, $4$, $5$ and $6$",
    "$1$2$3$4$5$6$7$8$9",
    "$1$,$2$,$3$,$4$",
    "$P$-values and $S$-matrices of $n$-dimensional spaces",
    "com.example.Outer$Inner$AbstractSingletonFactory$1",
    "$name$ lives at $host$/users/profile/settings",
    "{SHA} and {CRYPT} are schemes of LDAP",
    "{MD5}: d41d8",
    "/users/{userId}/orders/{orderNumber}abcdefghijklmno",
    "{HOST}/api/v1/users/profile/settings",
    "sha256-RFWPLDbv2BY+rCkDzsE+0fr8ylGr2R2faWMhq4lfEQc=",
    "$ref:#/components/schemas/AuthenticatedUser",
    "US$1000.00 and EUR 900",
    "md5,uncharacteristically, is not worth $5",
    "$15,uncharacteristically",
    "scrypt".repeat(900),
    "/wallets/{cryptoId}/transactions",
    "{cryptoId}/transactions/list",
    "/files/{shareId}/download.zip",
    "/charts/{shape}/configuration",
    "{shape}configurations",
    "/repos/{owner}/commits/{sha}/comments/list",
    "{sha}/comments/list/of/all",
    "{SHA}/comments/list/of/all",
    "{sha256}_linux_amd64.tar.gz",
    "{md5}.checksums.txt.",
    "{git-sha}/statuses/of/all",
    "/tenant/{encryptionKey}/rotations.list",
    "{encryptionKey}/rotations.list",
    "{plain} and {clear} are the styles",
    "/{noop}/handlers/of/the/service",
    "com.example.Outer$1$AbstractSingletonFactory",
    "Outer$1$AbstractSingletonFactory",
    "marsha$alexander.the.great",
    "sha$alexander.the.great.of.macedon",
    "$12$photos/2024/holiday.jpg",
    "$1$photos/2024/holiday/of/the/family.jpg",
    "S3 key $12$photos/2024/holiday.jpg",
    "https://api.example/$1/$2/$3/users/profile/settings",
    "$P$robabilityDistribution",
    "$S$trategicPartnership",
    "$A$1:$A$100",
    "from $2b$ to $3b$ of revenue",
    "Foo$1$LocalClassNameLong$InnerClassNameLong.class",
    "$y$",
  ])("but text is: %j", async (text) => {
    await expect(issue({ text, more: { [text]: [text] } }).catch((error) => error.message)).resolves.toMatch(
      /^ey|maxB/,
    );
  });
});

it("ordinary texts are signed", async () => {
  const profile = profileOf();
  const word = fc.constantFrom(
    ...[
      "$",
      "{",
      "}",
      "$5$",
      "$y$",
      "{id}",
      "md5",
      "bcrypt",
      "price",
      "Zürich",
      "ada@example.com",
      "/api/v1",
      "2026-11-26",
    ],
  );
  const text = fc.oneof(
    fc.string({ unit: "grapheme" }),
    fc.array(fc.oneof(word, fc.lorem()), { maxLength: 12 }).map((words) => words.join(" ")),
  );
  await fc.assert(
    fc.asyncProperty(fc.dictionary(text, text, { maxKeys: 3 }), async (more) => {
      expect(await issueToken({ sub: "user-1", more }, profile)).toMatch(/^ey/);
    }),
    { numRuns: runs(300, 1_000) },
  );
});

it.each([
  ["dollars", "$1$".repeat(2_000)],
  ["parts", `$1$${`${"a".repeat(64)}$`.repeat(80)}`],
  ["names", "argon2".repeat(900)],
  ["braces", "{SHA".repeat(1_400)],
  ["schemes", `{${"md5-".repeat(100_000)}`],
  ["quoted schemes", '"{md5-'.repeat(60_000)],
  ["quoted parts", `"$1$${"a".repeat(64)}$`.repeat(5_000)],
])("texts of %s are looked through in bounded time", async (_what, text) => {
  const start = performance.now();
  await issueToken({ text }, profileOf(undefined, { maxBytes: 1_048_576 })).catch(() => undefined);
  expect(performance.now() - start).toBeLessThan(500);
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

it("a text whose JSON looks like a hash is none: the escape of a character is no part of it", async () => {
  const token = await issueToken({ sub: "user-1", note: "\bcrypt$12345678" }, profileOf());
  expect(decodeToken(token).claims.note).toBe("\bcrypt$12345678");
});
