import { send } from "./http.js";
import { readToken } from "./token.js";

const NOTHING = { access: undefined, refresh: undefined, sid: undefined, expiresAt: 0, lifetime: 0 };

/** A device with its tokens. Each method sends one request, and gives the request and the answer. */
export class Device {
  tokens = NOTHING;

  constructor(id, name) {
    Object.assign(this, { id, name });
  }

  async login(credentials) {
    return this.#keep(await send("POST", "/login", { body: credentials }));
  }

  call() {
    return send("GET", "/me", { token: this.tokens.access });
  }

  async refresh() {
    const exchange = await send("POST", "/refresh", { body: { refresh_token: this.tokens.refresh } });
    if (exchange.status === 401) this.tokens = NOTHING; // the session is over
    return this.#keep(exchange);
  }

  /** Sends the refresh token too, which ends the session even if the access token has expired. */
  async logout() {
    const { access: token, refresh } = this.tokens;
    return this.#forget(await send("POST", "/logout", { token, body: { refresh_token: refresh } }));
  }

  async everywhere() {
    return this.#forget(await send("POST", "/logout/everywhere", { token: this.tokens.access }));
  }

  /** Copies the refresh token of another device, as a thief does. */
  copy({ tokens: { refresh, sid } }) {
    this.tokens = { ...NOTHING, refresh, sid };
  }

  isExpired() {
    return this.tokens.access !== undefined && this.tokens.expiresAt <= Date.now();
  }

  /** Counts the lifetime from the arrival of the answer, since the clocks of client and service may differ. */
  #keep(exchange) {
    if (exchange.status !== 200) return exchange;
    const { access_token: access, refresh_token: refresh, expires_in: lifetime } = exchange.data;
    const expiresAt = Date.now() + lifetime * 1_000;
    this.tokens = { access, refresh, sid: readToken(access).payload.sid, expiresAt, lifetime };
    return exchange;
  }

  #forget(exchange) {
    if (exchange.status === 204) this.tokens = NOTHING;
    return exchange;
  }
}
