import { describe, it } from "vitest";
import {
  memoryApiKeys,
  memoryBlocklist,
  memoryOneTimeStore,
  memoryRefreshStore,
  memoryStatusListStore,
  memoryUsers,
} from "../../src/stores/memory.ts";
import {
  apiKeyStoreContract,
  blocklistContract,
  oneTimeStoreContract,
  refreshStoreContract,
  statusListStoreContract,
  userStoreContract,
} from "../../src/testing.ts";

describe.concurrent("memoryBlocklist", () => {
  it.each(blocklistContract(() => memoryBlocklist()))("$name", ({ run }) => run());
});

describe("memoryApiKeys", () => {
  it.each(apiKeyStoreContract(() => memoryApiKeys()))("$name", ({ run }) => run());
});

describe("memoryRefreshStore", () => {
  it.each(refreshStoreContract(() => memoryRefreshStore()))("$name", ({ run }) => run());
});

describe("memoryOneTimeStore", () => {
  it.each(oneTimeStoreContract(() => memoryOneTimeStore()))("$name", ({ run }) => run());
});

describe("memoryStatusListStore", () => {
  it.each(statusListStoreContract(() => memoryStatusListStore()))("$name", ({ run }) => run());
});

describe("memoryUsers", () => {
  const open = () => {
    const users = memoryUsers();
    return {
      users,
      add: ({
        id,
        login,
        passwordHash,
        disabled,
      }: {
        id: string;
        login: string;
        passwordHash: string | null;
        disabled: boolean;
      }) => users.add({ login, passwordHash, user: { id, disabled } }),
    };
  };
  it.each(userStoreContract(open))("$name", ({ run }) => run());
});
