import type { User } from "../stores/contract.ts";

/** The result of a login. */
export interface LoginResult<U extends User = User> {
  /** The token for the `Authorization` header. */
  readonly accessToken: string;
  /** How the access token is sent: `"DPoP"` where it is bound to a key (RFC 9449 §5), else `"Bearer"` (RFC 6750). */
  readonly tokenType: "Bearer" | "DPoP";
  /**
   * How long the access token is valid, in seconds: the profile's `expiresIn`, or less where its session ends sooner.
   */
  readonly expiresIn: number;
  /** Who logged in. Not part of any HTTP answer. */
  readonly user: U;
  /**
   * A token that the client keeps for its next login, where the throttle recognizes devices. It logs nobody in: it only
   * shows that its user has logged in from this device before.
   */
  readonly deviceToken?: string;
  /** How long the device token is valid, in seconds. */
  readonly deviceExpiresIn?: number;
}

/** A refresh token as the client gets it. */
export interface GivenRefreshToken {
  /** The token for the next refresh. */
  readonly refreshToken: string;
  /** How long the refresh token is valid, in seconds. */
  readonly refreshExpiresIn: number;
  /** Whether a browser is to keep the refresh token when it is closed. */
  readonly persistent: boolean;
}

/** The result of a login or a refresh where there are sessions. */
export interface SessionResult<U extends User = User> extends LoginResult<U>, GivenRefreshToken {}
