import { type Duration, toSeconds } from "../core/time.ts";
import { issueAt } from "../core/token/issue.ts";
import type { InputOf, TokenProfile } from "../core/token/profile.ts";
import { checkOptions, type OptionNames } from "../shared/options.ts";

/** What can be said about a minted token. */
export interface MintOptions {
  /** When it was issued. Now, by the profile's clock, by default. */
  readonly at?: Date;
  /** How long it is valid from then on. The profile's `expiresIn` by default. */
  readonly expiresIn?: Duration;
}

const OPTIONS: OptionNames<MintOptions> = { at: "optional", expiresIn: "optional" };

/**
 * A token as the profile would have issued it at another instant: one that has expired, or one that is yet to come.
 *
 * @throws TypeError when the claims don't fit, or an option is meaningless
 *
 * @example
 * ```ts
 * const expired = await mintToken({ sub: "user-1" }, accessToken, { at: new Date("2020-01-01") });
 * ```
 */
export async function mintToken<Profile extends TokenProfile>(
  claims: InputOf<Profile>,
  profile: Profile,
  options: MintOptions = {},
): Promise<string> {
  checkOptions("mintToken", options, OPTIONS);
  const { at, expiresIn = profile.expiresIn } = options;
  const time = at === undefined ? profile.now() : at.getTime();
  if (!(time >= 0)) throw new TypeError("mintToken: at must be a valid Date from 1970 on");
  return issueAt(claims, profile, time, toSeconds("expiresIn", expiresIn, 1));
}
