import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { isAuthError } from "../../src/core/errors.ts";
import { computeThumbprint } from "../../src/core/keys/thumbprint.ts";
import { createProofChecker } from "../../src/dpop/checker.ts";
import { checkDpopOptions } from "../../src/dpop/options.ts";
import { createProofVerifier, type DpopOptions, dpop } from "../../src/dpop.ts";
import { CredentialRequest } from "../../src/guard/request.ts";
import { memoryProofs } from "../../src/stores/memory.ts";
import { profileOf } from "../support/tokens.ts";

const HEADER =
  "eyJ0eXAiOiJkcG9wK2p3dCIsImFsZyI6IkVTMjU2IiwiandrIjp7Imt0eSI6IkVDIiwieCI6Imw4dEZyaHgtMzR0VjNoUklDUkRZOXpDa0RscEJo" +
  "RjQyVVFVZldWQVdCRnMiLCJ5IjoiOVZFNGpmX09rX282NHpiVFRsY3VOSmFqSG10NnY5VERWclUwQ2R2R1JEQSIsImNydiI6IlAtMjU2In19";

/** RFC 9449 §4.1: the proof of a token request. */
const TOKEN_PROOF =
  `${HEADER}.eyJqdGkiOiItQndDM0VTYzZhY2MybFRjIiwiaHRtIjoiUE9TVCIsImh0dSI6Imh0dHBzOi8vc2VydmVyLmV4YW1wbGUuY29tL3Rva2VuIi` +
  "wiaWF0IjoxNTYyMjYyNjE2fQ.2-GxA6T8lP4vfrg8v-FdWP0A0zdrj8igiMLvqRMUvwnQg4PtFLbdLXiOSsX0x7NVY-FNyJK70nfbV37xRZT3Lg";

/** RFC 9449 §7.1: the proof of a request for a resource, and its access token. */
const ACCESS_TOKEN = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";
const RESOURCE_PROOF =
  `${HEADER}.eyJqdGkiOiJlMWozVl9iS2ljOC1MQUVCIiwiaHRtIjoiR0VUIiwiaHR1IjoiaHR0cHM6Ly9yZXNvdXJjZS5leGFtcGxlLm9yZy9wcm90ZW` +
  "N0ZWRyZXNvdXJjZSIsImlhdCI6MTU2MjI2MjYxOCwiYXRoIjoiZlVIeU8ycjJaM0RaNTNFc05yV0JiMHhXWG9hTnk1OUlpS0NBcWtzbVFFbyJ9." +
  "2oW9RP35yRqzhrtNP86L-Ey71EOptxRimPPToA1plemAgR6pxHF8y6-yqyVnmcw6Fy1dqd-jfxSYoMxhAJpLjA";

/** RFC 9449 §6.1: the thumbprint of its key. */
const JKT = "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I";

const at = (second: number): DpopOptions => ({
  origin: ["https://server.example.com", "https://resource.example.org"],
  proofs: memoryProofs(),
  now: () => second * 1_000,
});

describe("RFC 9449", () => {
  it("§4.1: the proof of a token request is good at its time, for its request", async () => {
    const proofs = createProofVerifier(at(1_562_262_616));
    const request = { method: "POST", url: "/token", headers: { DPoP: TOKEN_PROOF } };
    expect(await proofs.verify(request)).toEqual({ jkt: JKT, jti: "-BwC3ESc6acc2lTc" });
    expect(isAuthError(await proofs.verify(request).catch((error) => error))).toBe(true);
    for (const [change, second] of [
      [{ method: "GET" }, 1_562_262_616],
      [{ url: "/tokens" }, 1_562_262_616],
      [{}, 1_562_262_616 + 91],
      [{}, 1_562_262_616 - 31],
    ] as const) {
      await expect(createProofVerifier(at(second)).verify({ ...request, ...change })).rejects.toMatchObject({
        code: "invalid_dpop_proof",
      });
    }
  });

  it("§7.1: the proof of a request for a resource is good for its access token alone", async () => {
    const request = new CredentialRequest({
      method: "GET",
      url: "/protectedresource",
      headers: { Authorization: `DPoP ${ACCESS_TOKEN}`, DPoP: RESOURCE_PROOF },
    });
    const check = createProofChecker(checkDpopOptions("test", at(1_562_262_618)));
    expect(check(request, ACCESS_TOKEN, JKT)).toMatchObject({ jkt: JKT, jti: "e1j3V_bKic8-LAEB" });
    expect(() => check(request, `${ACCESS_TOKEN}x`, JKT)).toThrow("The DPoP proof is not valid");
    expect(() => check(request, ACCESS_TOKEN, `${JKT.slice(0, -1)}J`)).toThrow("The DPoP proof is not valid");
    const hash = createHash("sha256").update(ACCESS_TOKEN).digest("base64url");
    expect(hash).toBe("fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo");
  });

  it("§7.1: the token of its example is read from the header", () => {
    const credential = dpop(profileOf(), at(0));
    const request = new CredentialRequest({ headers: { Authorization: `DPoP ${ACCESS_TOKEN}` } });
    expect(credential.read(request)).toBe(ACCESS_TOKEN);
  });
});

describe("RFC 7638 §3.1", () => {
  it("has the thumbprint that the RFC prints", () => {
    const n =
      "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhM" +
      "stn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5" +
      "hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw";
    expect(computeThumbprint({ kty: "RSA", n, e: "AQAB" })).toBe("NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
  });
});
