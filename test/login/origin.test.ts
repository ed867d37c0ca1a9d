import { describe, expect, it } from "vitest";
import { houseOf, READER } from "../support/flow.ts";

describe("the origin of a login", () => {
  const { auth } = houseOf();

  it.each(["address", "IP", "refreshtoken", "toString"])("has no member called %s", async (name) => {
    const origin = { [name]: "192.0.2.1" } as object;
    await expect(auth.login(READER, origin)).rejects.toThrow(
      `a login's origin: there is no option "${name}"; the options are ip, refreshToken, deviceToken`,
    );
    await expect(auth.changePassword({ ...READER, newPassword: "x" }, origin)).rejects.toThrow(TypeError);
  });

  it("is asked for its address once", async () => {
    let asked = 0;
    const origin = {
      get ip(): string {
        asked += 1;
        return "192.0.2.1";
      },
    };
    await auth.login(READER, origin);
    expect(asked).toBe(1);
  });

  it.each([null, "192.0.2.1", 1])("is an object, and not %j", async (origin) => {
    await expect(auth.login(READER, origin as never)).rejects.toThrow(
      "a login's origin takes a plain object with options: ip, refreshToken, deviceToken",
    );
  });
});
