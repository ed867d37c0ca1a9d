import { describe, expect, it } from "vitest";
import type { AuthError } from "../../src/core/errors.ts";
import { houseOf, READER } from "../support/flow.ts";

const BOTH =
  "login and password must be members of one object, each a string of 1 to 1024 characters, well-formed, no NUL";
const ONE = "password must be a member of one object, a string of 1 to 1024 characters, well-formed, no NUL";
const TOKEN = "a refresh token is a non-empty string, or a list of them";
const house = houseOf();
const { auth } = house;

async function refusalOf(answer: Promise<unknown>): Promise<AuthError> {
  return answer.then(
    () => expect.unreachable(),
    (error) => error,
  );
}

describe("the cause of a malformed login", () => {
  it.each<readonly [unknown, string]>([
    [{ email: "reader", password: "secret-word" }, `${BOTH}: login is missing`],
    [{ username: "reader", pass: "secret-word" }, `${BOTH}: login is missing, password is missing`],
    [{ login: "", password: 123456 }, `${BOTH}: login is empty, password is of type number`],
    [{ login: null, password: ["secret-word"] }, `${BOTH}: login is null, password is a list`],
    [{ login: "reader", password: "secret-word".repeat(1_000) }, `${BOTH}: password is no such string`],
    [{ login: "secret-word\0", password: "secret-word" }, `${BOTH}: login is no such string`],
    ['{"login":"reader","password":"secret-word"}', `${BOTH}: this is text`],
    [undefined, `${BOTH}: this is missing`],
    [null, `${BOTH}: this is null`],
    [[], `${BOTH}: this is a list`],
    [new Map(), `${BOTH}: login is missing, password is missing`],
  ])("names the members that are wrong, and shows nothing of them: %#", async (input, message) => {
    for (const call of [auth.login, auth.verifyPassword, auth.changePassword]) {
      const { code, status, cause, message: shown } = await refusalOf(call(input as never));
      expect([code, status, shown]).toEqual([
        "malformed_credentials",
        400,
        "Send login and password as two non-empty strings",
      ]);
      expect((cause as Error).message).toBe(message);
    }
  });

  it("names the password where the user is known", async () => {
    await auth.login(READER);
    const identity = { userId: "user-1", scopes: [], sid: null, claims: {} } as never;
    for (const [input, fault] of [
      [{ newPassword: "x" }, "password is missing"],
      ["secret-word", "this is text"],
    ] as const) {
      const { code, cause } = await refusalOf(auth.reauthenticate(identity, input));
      expect([code, (cause as Error).message]).toEqual(["malformed_credentials", `${ONE}: ${fault}`]);
    }
  });

  it.each([
    [{ token: "x" }, "this is of type object"],
    [undefined, "this is missing"],
    ["", "this is empty"],
    [null, "this is null"],
  ])("says what a refresh token is: %j", async (sent, fault) => {
    const { code, cause } = await refusalOf(auth.refresh(sent as never));
    expect([code, (cause as Error).message]).toEqual(["malformed_refresh_token", `${TOKEN}: ${fault}`]);
  });
});
