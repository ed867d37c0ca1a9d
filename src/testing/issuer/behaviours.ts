import { assert } from "../../shared/assert.ts";
import { type FakeAnswer, type FakeBehaviour, type FakeDocument, readBehaviour } from "./behaviour.ts";
import type { LoopbackServer } from "./server.ts";

/** The current behaviour of each document. */
export interface Behaviours {
  find(document: FakeDocument): FakeAnswer | FakeBehaviour;
  set(behaviour: FakeBehaviour | FakeAnswer, document?: FakeDocument): Promise<void>;
  /** Ends the server, and refuses any further change. */
  end(): Promise<void>;
}

const DOCUMENTS: readonly FakeDocument[] = ["openid", "oauth", "jwks"];

/** Creates the behaviours of an issuer. At first all documents are answered well. */
export function createBehaviours(server: LoopbackServer): Behaviours {
  const current = new Map<FakeDocument, FakeAnswer | FakeBehaviour>();
  let isEnded = false;
  let turn: Promise<void> = Promise.resolve();
  /** Runs one change of the server at a time, in the order of the calls. */
  const takeTurn = (change: () => Promise<void>): Promise<void> => {
    turn = turn.catch(() => undefined).then(change);
    return turn;
  };
  return {
    find: (document) => current.get(document) ?? {},
    async set(behaviour, document) {
      const read = readBehaviour(behaviour);
      const isKnown = document === undefined || DOCUMENTS.includes(document);
      assert(isKnown, `behave: the document must be one of ${DOCUMENTS.join(", ")}; leave it out for all of them`);
      const isOfAll = read !== "refused" || document === undefined;
      assert(isOfAll, 'behave: "refused" is the server\'s, so leave the document out');
      if (isEnded) throw new Error("behave: this issuer was closed");
      for (const it of document === undefined ? DOCUMENTS : [document]) current.set(it, read === "refused" ? {} : read);
      await takeTurn(read === "refused" ? server.refuse : server.accept);
    },
    async end() {
      isEnded = true;
      await takeTurn(server.refuse);
    },
  };
}
