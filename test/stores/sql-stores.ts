import type { StatusListStore } from "../../src/stores/contract.ts";
import type {
  SqlApiKeyStore,
  SqlBlocklist,
  SqlOneTimeStore,
  SqlProofStore,
  SqlRefreshStore,
  SqlUsers,
} from "../../src/stores/postgres.ts";

/** The stores of one database, empty at first. */
export interface SqlStores {
  readonly users: SqlUsers;
  readonly refresh: SqlRefreshStore;
  readonly blocklist: SqlBlocklist;
  readonly oneTime: SqlOneTimeStore;
  readonly apiKeys: SqlApiKeyStore;
  readonly statusLists: StatusListStore;
  readonly proofs: SqlProofStore;
  close(): Promise<void>;
}

/** What opens each of some databases. */
export type Databases = Readonly<Record<string, () => Promise<SqlStores>>>;
