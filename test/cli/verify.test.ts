import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { issueToken } from "../../src/core/token/issue.ts";
import { createFakeIssuer } from "../../src/testing/issuer/create.ts";
import type { FakeIssuer } from "../../src/testing/issuer/issuer.ts";
import { rsaPair } from "../support/rsa.ts";
import { profileOf, SECRET } from "../support/tokens.ts";
import { run } from "./shell.ts";

let issuer: FakeIssuer;
let folder: string;
let token: string;
beforeAll(async () => {
  issuer = await createFakeIssuer({ audience: "api" });
  folder = mkdtempSync(join(tmpdir(), "hallpass-cli-"));
  token = await issuer.mint({ sub: "reader" });
});
afterAll(async () => {
  await issuer.close();
  rmSync(folder, { recursive: true });
});

const write = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};
const here = (): string[] => ["--issuer", issuer.issuer, "--audience", "api"];
const subjectOf = (out: string): unknown => JSON.parse(out).sub;

describe("verify", () => {
  it("finds the keys of an issuer by its metadata", async () => {
    const { code, out, err } = await run(["verify", ...here()], `${token}\n`);
    expect([code, err, subjectOf(out)]).toEqual([0, "", "reader"]);
  });

  it("takes a JWK Set at an address, or in a file of any path", async () => {
    const file = write("a set.json", JSON.stringify(issuer.jwks()));
    for (const place of [issuer.jwksUri, file, relative(process.cwd(), file), `file://${encodeURI(file)}`]) {
      const { code, out, err } = await run(["verify", ...here(), "--jwks", place], token);
      expect([code, err, subjectOf(out)], place).toEqual([0, "", "reader"]);
    }
  });

  it("takes a JWK or a PEM in a file", async () => {
    const [jwk] = issuer.jwks().keys;
    const file = write("key.json", `\n${JSON.stringify(jwk)}`);
    expect(subjectOf((await run(["verify", ...here(), "--key", file], token)).out)).toBe("reader");
    const rsa = write("rsa.pem", String(rsaPair().publicKey.export({ type: "spki", format: "pem" })));
    const line = ["verify", ...here(), "--key", rsa];
    expect((await run(line, token)).err).toMatch(/algorithm/);
    expect((await run([...line, "--algorithm", "PS256"], token)).err).toMatch(/alg is "ES256", expected "PS256"/);
  });

  it("takes a secret from the environment", async () => {
    const signed = await issueToken({ sub: "reader" }, profileOf(undefined, { now: Date.now, typ: "x+jwt" }));
    const line = ["verify", "--no-issuer", "--no-audience", "--secret-env", "TOKEN_SECRET"];
    const env = { TOKEN_SECRET: SECRET };
    expect(subjectOf((await run([...line, "--no-typ"], signed, env)).out)).toBe("reader");
    expect(subjectOf((await run([...line, "--typ", "y+jwt", "--typ", "x+jwt"], signed, env)).out)).toBe("reader");
    expect(await run(line, signed, env)).toEqual({
      code: 1,
      out: "",
      err: 'hallpass verify: invalid_token: typ is "x+jwt", expected "at+jwt"\n',
    });
    expect(await run(line, signed)).toMatchObject({
      code: 2,
      err: expect.stringContaining("there is no such variable"),
    });
  });

  it.each([
    [["--issuer", "https://other.example", "--audience", "api"], "iss is "],
    [["--no-issuer", "--audience", "shop"], 'aud is "api", expected "shop"'],
  ])("refuses by %j", async (line, why) => {
    const { code, out, err } = await run(["verify", ...line, "--jwks", issuer.jwksUri], token);
    expect([code, out]).toEqual([1, ""]);
    expect(err).toContain(`hallpass verify: invalid_token: ${why}`);
  });

  it("tells an expired token from a source of keys that is down", async () => {
    const old = await issuer.mint({ sub: "reader", exp: 1_000, iat: 900 });
    expect(await run(["verify", ...here()], old)).toMatchObject({ code: 1, err: expect.stringContaining("expired: ") });
    await issuer.behave({ status: 500 });
    const down = await run(["verify", ...here()], token);
    await issuer.behave("well");
    expect(down).toMatchObject({ code: 3, out: "", err: expect.stringContaining("hallpass verify: unavailable: ") });
    const missing = await run(["verify", ...here(), "--jwks", join(folder, "missing.json")], token);
    expect(missing).toMatchObject({ code: 3, err: expect.stringContaining("missing.json") });
  });

  it.each<readonly [readonly string[], string]>([
    [["--audience", "api"], "give either --issuer or --no-issuer"],
    [["--issuer", "a", "--no-issuer", "--audience", "api"], "give either --issuer or --no-issuer"],
    [["--issuer", "a"], "give either --audience or --no-audience"],
    [["--issuer", "a", "--audience", "api", "--typ", "x", "--no-typ"], "give either --typ or --no-typ"],
    [["--issuer", "", "--audience", "api", "--jwks", "x"], "issuer must be a non-empty string"],
    [["--no-issuer", "--audience", "api"], "give a key: --secret-env, --key or --jwks"],
    [["--issuer", "acme", "--audience", "api"], "give a key: --secret-env, --key or --jwks"],
    [["--issuer", "http://acme.example", "--audience", "api"], "https"],
    [["--no-issuer", "--no-audience", "--secret-env", "a secret that was given itself"], "and not the secret"],
    [["--issuer", "a", "--audience", "api", "--key", "k", "--jwks", "j"], "give one key: --key or --jwks"],
    [["--issuer", "a", "--audience", "api", "--algorithm", "RS256"], "--algorithm goes with --secret-env or --key"],
    [["--issuer", "a", "--audience", "api", "--key", "/nowhere/key.pem"], "ENOENT"],
  ])("says what is wrong with %j", async (line, why) => {
    const { code, out, err } = await run(["verify", ...line], token);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(why);
  });

  it("quotes nothing of a key that can't be read", async () => {
    const { code, err } = await run(["verify", ...here(), "--key", write("bad.json", '{"d": "private')], token);
    expect([code, err]).toEqual([2, "hallpass verify: --key: the file is no JSON\n"]);
  });
});
