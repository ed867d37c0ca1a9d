import { describe, expect, it } from "vitest";
import { bearer } from "../../src/guard/bearer.ts";
import { createGuard } from "../../src/guard/create.ts";
import { clientSecrets } from "../../src/introspection/client-secrets.ts";
import { codeOf } from "../support/flow.ts";
import { profileOf, signed } from "../support/tokens.ts";

const SECRET = "a secret of thirty-two characters";
const NEXT = "the next secret, which is as long";
const guard = createGuard({ credentials: [clientSecrets({ reports: SECRET, "a:b é": [SECRET, NEXT] })] });
const basic = (text: string): string => `Basic ${Buffer.from(text).toString("base64")}`;
const encode = (text: string): string => encodeURIComponent(text).replaceAll("%20", "+");

describe("a client that shows its secret", () => {
  it.each([
    [basic(`reports:${SECRET}`), "reports"],
    [basic(`reports:${encode(SECRET)}`), "reports"],
    [basic(`reports:${SECRET}`).replace("Basic ", "bASIC   "), "reports"],
    [basic(`${encode("a:b é")}:${encode(SECRET)}`), "a:b é"],
    [basic(`${encode("a:b é")}:${encode(NEXT)}`), "a:b é"],
  ])("is known: %s", async (header, id) => {
    const identity = await guard.authenticate(header);
    expect(identity).toMatchObject({ userId: id, scopes: [], credential: "client", claims: { client_id: id } });
    expect(JSON.stringify(identity)).not.toContain(SECRET);
  });

  it.each([
    [basic(`reports:${NEXT}`), "invalid_credentials"],
    [basic("reports:"), "invalid_credentials"],
    [basic("nobody:"), "invalid_credentials"],
    [basic(`nobody:${SECRET}`), "invalid_credentials"],
    [basic(`__proto__:${SECRET}`), "invalid_credentials"],
    [basic(`reports:${SECRET}x`), "invalid_credentials"],
    [basic(`reports:${"x".repeat(4_000)}`), "invalid_credentials"],
    [basic(`reports:${"x".repeat(10_000)}`), "invalid_request"],
    [basic("reports"), "invalid_request"],
    [basic(`:${SECRET}`), "invalid_request"],
    [basic("reports:%zz"), "invalid_request"],
    ["Basic", "invalid_request"],
    ["Basic ", "invalid_request"],
    ["Basic ???", "invalid_request"],
    [`${basic(`reports:${SECRET}`)} x`, "invalid_request"],
    ["Basics eA==", "missing_token"],
    ["Bearer eA==", "missing_token"],
    [null, "missing_token"],
  ])("is refused otherwise: %.60s is %s", async (header, code) => {
    expect(await codeOf(guard.authenticate(header))).toBe(code);
  });

  it("is challenged by the scheme Basic, and told nothing of why", async () => {
    const answers = [null, basic("nobody:x"), basic("reports:x")].map((it) => guard.authenticate(it).catch((e) => e));
    for (const { headers } of await Promise.all(answers)) {
      expect(headers).toEqual({ "WWW-Authenticate": 'Basic realm="api"' });
    }
  });

  it("is told to the developer what it may be where it was not form-encoded, as by curl -u", async () => {
    const secret = "a+secret/of%thirty-two=characters";
    const encoding = createGuard({ credentials: [clientSecrets({ reports: secret })] });
    const causeOf = async (text: string): Promise<string> =>
      encoding.authenticate(basic(text)).then(
        () => "let in",
        ({ cause, message }) => `${cause.message}`.concat(message.includes("RFC") ? message : ""),
      );
    const hint = /: the client may not have encoded them .* \+ is %2B there, and % is %25$/;
    expect(await causeOf(`reports:${secret}`)).toMatch(/^the Basic header has no id and secret: the client may/);
    expect(await causeOf("reports:a+secret")).toMatch(/^a wrong secret: the client may not have encoded/);
    expect(await causeOf("reports:a+secret")).toMatch(hint);
    expect(await causeOf("reports:another")).toBe("a wrong secret");
    expect(await causeOf("%")).toMatch(hint);
    expect(await causeOf(`reports:${encodeURIComponent(secret)}`)).toBe("let in");
  });

  it("may be one of several kinds of clients", async () => {
    const both = createGuard({ credentials: [clientSecrets({ reports: SECRET }), bearer(profileOf())] });
    expect((await both.authenticate(`Bearer ${signed()}`)).credential).toBe("bearer");
    expect((await both.authenticate(basic(`reports:${SECRET}`))).credential).toBe("client");
  });
});

describe("clients", () => {
  it.each([
    [undefined, /takes the secrets/],
    [{}, /takes the secrets/],
    [[SECRET], /takes the secrets/],
    [{ "": SECRET }, /takes the secrets/],
    [{ reports: "short" }, /reports must have a secret of 32/],
    [{ reports: undefined }, /reports must have a secret of 32/],
    [{ reports: [] }, /reports must have a secret of 32/],
    [{ reports: [SECRET, ""] }, /reports must have a secret of 32/],
    [{ reports: 7 }, /reports must have a secret of 32/],
  ])("%j are refused when it is built", (clients, message) => {
    expect(() => clientSecrets(clients as never)).toThrow(message);
    expect(() => clientSecrets(clients as never)).toThrow(TypeError);
  });

  it("that can't be read are refused, and no message has a secret", () => {
    const hostile = {
      get reports(): string {
        throw new Error(SECRET);
      },
    };
    expect(() => clientSecrets(hostile)).toThrow(/can't be read/);
  });
});
