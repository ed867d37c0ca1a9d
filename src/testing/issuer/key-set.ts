import type { Algorithm } from "../../core/keys/algorithms.ts";
import type { JWK } from "../../core/keys/jwk.ts";
import { assert } from "../../shared/assert.ts";
import { describeValue } from "../../shared/describe.ts";
import { type FakeKey, type FakeKeyOptions, makeFakeKey, type Signer } from "./keys.ts";

/** The keys of a fake issuer, of which one is current. */
export interface IssuerKeys {
  /** The published keys. */
  readonly jwks: JWK[];
  /** The algorithms of the keys that sign. */
  readonly algorithms: readonly Algorithm[];
  /** The keys that sign, the current one first and then the latest. */
  readonly signers: readonly (FakeKey & { readonly signer: Signer })[];
  add(key: Algorithm | JWK, options: FakeKeyOptions): Promise<FakeKey>;
  rotate(): Promise<FakeKey>;
  remove(kid: string): void;
}

/** Creates a set with one key, which signs. */
export async function createKeySet(algorithm: Algorithm): Promise<IssuerKeys> {
  let made = 0;
  let keys: readonly FakeKey[] = [];
  const add: IssuerKeys["add"] = async (key, options) => {
    made += 1;
    const added = await makeFakeKey(key, options, `key-${made}`);
    keys = [...keys, added];
    return added;
  };
  let current = await add(algorithm, {});
  const listSigners = (): IssuerKeys["signers"] =>
    [...keys.filter((key) => key === current), ...keys.filter((key) => key !== current).reverse()].filter(canSign);
  return {
    get jwks() {
      return keys.map(({ jwk }) => ({ ...jwk }));
    },
    get algorithms() {
      return [...new Set(listSigners().map(({ signer }) => signer.algorithm))];
    },
    get signers() {
      return listSigners();
    },
    add,
    async rotate() {
      current = await add(listSigners()[0]?.signer.algorithm ?? algorithm, {});
      return current;
    },
    remove(kid) {
      const others = keys.filter((key) => key.kid !== kid);
      assert(others.length < keys.length, `removeKey: this issuer has no key with kid ${describeValue(kid)}`);
      keys = others;
    },
  };
}

function canSign(key: FakeKey): key is FakeKey & { readonly signer: Signer } {
  return key.signer !== null;
}
