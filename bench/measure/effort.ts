/** How much work a run puts into its figures: `full` for figures to quote, `smoke` to see that everything still runs. */
export interface Effort {
  /** Rounds of each workload; all contenders have their turn in each. */
  readonly rounds: number;
  /** Rounds where a turn is short: the shorter, the more alike is the machine that a ratio is taken on. */
  readonly shortRounds: number;
  /** Milliseconds of a short turn. */
  readonly slice: number;
  /** Seconds of load on a server in a round. */
  readonly load: number;
  /** Seconds of load on a server in a short round. */
  readonly shortLoad: number;
  /** Distinct tokens, where tokens are to be new. */
  readonly tokens: number;
  /** The most entries that a blocklist is filled with. */
  readonly entries: number;
  /** Tokens that a service is shown while the keys can't be had. */
  readonly outageTokens: number;
  /** Whether it is only to see that everything still runs. */
  readonly isSmoke: boolean;
}

export const EFFORTS = {
  full: {
    rounds: 9,
    shortRounds: 41,
    slice: 25,
    load: 3,
    shortLoad: 0.25,
    tokens: 20_000,
    entries: 5_000_000,
    outageTokens: 100,
    isSmoke: false,
  },
  smoke: {
    rounds: 1,
    shortRounds: 1,
    slice: 5,
    load: 0.2,
    shortLoad: 0.02,
    tokens: 2_000,
    entries: 100_000,
    outageTokens: 10,
    isSmoke: true,
  },
} as const satisfies Record<string, Effort>;
