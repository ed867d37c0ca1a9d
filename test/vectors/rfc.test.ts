import { createHmac } from "node:crypto";
import { describe, expect, it } from "vitest";
import type { HmacAlgorithm } from "../../src/core/keys/algorithms.ts";
import { importKey } from "../../src/core/keys/import.ts";
import { KEY, type VerifyingKey } from "../../src/core/keys/key.ts";
import { secretKey } from "../../src/core/keys/secret.ts";
import { verifyToken } from "../../src/core/token/verify.ts";
import { profileOf, reasonFor } from "../support/tokens.ts";

const CLAIMS = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

const NO_SIGNATURE = "invalid_token: the signature does not hold";

function holds(key: VerifyingKey, input: string, signature: string): boolean {
  return key[KEY].verify(`${input}.${signature}`, input.length);
}

describe("RFC 7515 A.1, HS256", async () => {
  const k = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
  const token = `eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.${CLAIMS}.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk`;
  const key = await importKey({ kty: "oct", k, alg: "HS256" });

  it("has the signature that the RFC prints", () => {
    const [header, payload, signature] = token.split(".");
    expect(key[KEY].sign?.(`${header}.${payload}`)).toBe(signature);
  });

  it("is refused as a token for having no iat, and not before its signature held", async () => {
    expect(await reasonFor(token, profileOf(key, { typ: "JWT" }))).toBe(
      "invalid_token: exp and iat must both be there",
    );
    expect(await reasonFor(token, profileOf(secretKey("x".repeat(32)), { typ: "JWT" }))).toMatch(
      /the signature does not hold/,
    );
  });
});

describe("RFC 7515 A.5, unsecured", () => {
  it("is refused, for it has no signature", async () => {
    expect(await reasonFor(`eyJhbGciOiJub25lIn0.${CLAIMS}.`, profileOf(undefined, { typ: null }))).toMatch(
      /^invalid_token: a token is three segments/,
    );
  });
});

describe("RFC 7515 A.3, ES256", async () => {
  const key = await importKey({
    kty: "EC",
    crv: "P-256",
    x: "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
    y: "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0",
    d: "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI",
  });
  const signature = "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

  it("has a signature that holds", () => {
    expect(holds(key, `eyJhbGciOiJFUzI1NiJ9.${CLAIMS}`, signature)).toBe(true);
    expect(holds(key, `eyJhbGciOiJFUzI1NiJ9.${CLAIMS}A`, signature)).toBe(false);
  });

  it("is refused as a token for having no iat, and not before its signature held", async () => {
    const profile = profileOf(key, { typ: null });
    const input = `eyJhbGciOiJFUzI1NiJ9.${CLAIMS}`;
    expect(await reasonFor(`${input}.${signature}`, profile)).toBe("invalid_token: exp and iat must both be there");
    expect(await reasonFor(`${input}.${signature.replace(/^./, "A")}`, profile)).toBe(NO_SIGNATURE);
  });
});

describe("RFC 7515 A.2, RS256", async () => {
  const n =
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ";
  const signature =
    "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw";
  const key = await importKey({ kty: "RSA", n, e: "AQAB" }, { algorithm: "RS256" });

  it("has a signature that holds", () => {
    expect(holds(key, `eyJhbGciOiJSUzI1NiJ9.${CLAIMS}`, signature)).toBe(true);
    expect(holds(key, `eyJhbGciOiJSUzI1NiJ9.${CLAIMS}A`, signature)).toBe(false);
  });

  it("is refused as a token for having no iat, and not before its signature held", async () => {
    const profile = profileOf(key, { typ: null });
    const input = `eyJhbGciOiJSUzI1NiJ9.${CLAIMS}`;
    expect(await reasonFor(`${input}.${signature}`, profile)).toBe("invalid_token: exp and iat must both be there");
    expect(await reasonFor(`${input}.${signature.replace(/^./, "A")}`, profile)).toBe(NO_SIGNATURE);
  });
});

describe("RFC 7515 A.4, ES512", async () => {
  const key = await importKey({
    kty: "EC",
    crv: "P-521",
    x: "AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",
    y: "ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2",
  });
  const signature =
    "AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWROc-mZZqwqT2SI-KGDKB34XO0aw_7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcnwNrmxYbSW9ERBXukOXolLzeO_Jn";

  it("has a signature that holds", () => {
    expect(holds(key, "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA", signature)).toBe(true);
    expect(holds(key, "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZB", signature)).toBe(false);
  });

  it("is no token, since its payload is no JSON", async () => {
    const reason = await reasonFor(`eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.${signature}`, profileOf(key, { typ: null }));
    expect(reason).toBe("invalid_token: the payload is not a JSON object in UTF-8");
  });
});

describe("RFC 8037 A, Ed25519", async () => {
  const key = await importKey({
    kty: "OKP",
    crv: "Ed25519",
    d: "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
    x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
  });
  const input = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
  const signature = "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";

  it("has the RFC 7638 thumbprint for its kid", () => {
    expect(key.kid).toBe("kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
  });

  it("has the signature that the RFC prints", () => {
    expect(key[KEY].sign?.(input)).toBe(signature);
    expect(holds(key, input, signature)).toBe(true);
  });

  it("is no token, since its payload is no object", async () => {
    await expect(verifyToken(`${input}.${signature}`, profileOf(key, { typ: null }))).rejects.toMatchObject({
      cause: { message: "the payload is not a JSON object in UTF-8" },
    });
  });
});

describe("RFC 4231, HMAC with SHA-2", () => {
  const longKey = Buffer.alloc(131, 0xaa);
  // The keys of the cases before these are shorter than any that is taken.
  const CASE_6 = "Test Using Larger Than Block-Size Key - Hash Key First";
  const CASE_7 =
    "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.";
  const SIGNATURES: readonly (readonly [HmacAlgorithm, string, string])[] = [
    ["HS256", CASE_6, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"],
    [
      "HS384",
      CASE_6,
      "4ece084485813e9088d2c63a041bc5b44f9ef1012a2b588f3cd11f05033ac4c60c2ef6ab4030fe8296248df163f44952",
    ],
    [
      "HS512",
      CASE_6,
      "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f3526b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598",
    ],
    ["HS256", CASE_7, "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"],
    [
      "HS384",
      CASE_7,
      "6617178e941f020d351e2f254e8fd32c602420feb0b8fb9adccebb82461e99c5a678cc31e799176d3860e6110c46523e",
    ],
    [
      "HS512",
      CASE_7,
      "e37b6a775dc87dbaa4dfa9f96e5e3ffddebd71f8867289865df5a32d20cdc944b6022cac3c4982b10d5eeb55c3e4de15134676fb6de0446065c97440fa8c6a58",
    ],
  ];

  it.each(SIGNATURES)("%s of %j", (algorithm, data, hex) => {
    const key = secretKey(longKey, { algorithm });
    expect(Buffer.from(String(key[KEY].sign?.(data)), "base64url").toString("hex")).toBe(hex);
    expect(
      createHmac(`sha${algorithm.slice(2)}`, longKey)
        .update(data)
        .digest("hex"),
    ).toBe(hex);
  });
});
