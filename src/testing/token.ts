import { type Duration, toSeconds } from "../core/time.ts";
import { issueAt } from "../core/token/issue.ts";
import { type InputOf, readInternals, type TokenProfile } from "../core/token/profile.ts";
import { readTime } from "../shared/date.ts";
import { checkOptions, type OptionNames } from "../shared/options.ts";

/** The options of {@link mintToken}. */
export interface MintOptions {
  /** When it is issued. By default, the present instant of the profile's clock. */
  readonly at?: Date;
  /** How long it is valid. The profile's `expiresIn` by default. */
  readonly expiresIn?: Duration;
}

const OPTIONS: OptionNames<MintOptions> = { at: "optional", expiresIn: "optional" };

/**
 * Issues a token as the profile would at another instant: one that has expired, or one that is not valid yet.
 *
 * @throws TypeError when the claims don't fit the profile, or an option is unknown or out of range
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
  readInternals("mintToken", profile);
  checkOptions("mintToken", options, OPTIONS);
  const { at, expiresIn = profile.expiresIn } = options;
  const time = at === undefined ? profile.now() : readTime(at);
  if (!(time >= 0)) throw new TypeError("mintToken: at must be a valid Date from 1970 on");
  return issueAt(claims, profile, time, toSeconds("expiresIn", expiresIn, 1));
}
