import { describe, expectTypeOf, it } from "vitest";
import {
  createOneTimeCodes,
  createOneTimeTokens,
  type IssuedOneTimeToken,
  type OneTimeResult,
  type OneTimeStore,
  type OneTimeTokens,
} from "../../src/one-time.ts";
import { memoryOneTimeStore } from "../../src/stores/memory.ts";

const store = memoryOneTimeStore();
const options = { store, purpose: "reset", lifetime: "1h" } as const;
const plain = createOneTimeTokens(options);
const withData = createOneTimeTokens<{ email: string }>(options);
const withOptional = createOneTimeTokens<{ email: string } | null>(options);

/** The compiler reads what is in here; nobody runs it. */
function never(_compiled: () => unknown): void {}

describe("one-time tokens", () => {
  it("give back the data that they were declared with", () => {
    expectTypeOf(plain.consume).returns.resolves.toEqualTypeOf<OneTimeResult<null> | null>();
    expectTypeOf(withData.consume).returns.resolves.toEqualTypeOf<OneTimeResult<{ email: string }> | null>();
    expectTypeOf(withData.issue).returns.resolves.toEqualTypeOf<IssuedOneTimeToken>();
    expectTypeOf(plain.consume).parameter(0).toEqualTypeOf<unknown>();
  });

  it("take no other data, and none may be left out", () => {
    never(() => plain.issue("user-1"));
    never(() => withData.issue("user-1", { email: "a@example.com" }));
    never(() => withOptional.issue("user-1"));
    // @ts-expect-error: no data was declared
    never(() => plain.issue("user-1", { email: "a@example.com" }));
    // @ts-expect-error: the data is missing
    never(() => withData.issue("user-1"));
    // @ts-expect-error: other data was declared
    never(() => withData.issue("user-1", { mail: "a@example.com" }));
  });

  it("need a store, a purpose and a lifetime; codes have a lifetime of their own", () => {
    never(() => createOneTimeCodes({ store, purpose: "second-factor" }));
    // @ts-expect-error: no lifetime
    never(() => createOneTimeTokens({ store, purpose: "reset" }));
    // @ts-expect-error: no purpose
    never(() => createOneTimeCodes({ store }));
    // @ts-expect-error: no duration
    never(() => createOneTimeTokens({ ...options, lifetime: "1 hour" }));
  });

  it("stand for any data where nobody looks at it", () => {
    const consumeAny = (tokens: Pick<OneTimeTokens<unknown>, "consume">) => tokens.consume("x");
    never(() => consumeAny(plain));
    never(() => consumeAny(withData));
    expectTypeOf(store).toEqualTypeOf<OneTimeStore>();
  });
});
