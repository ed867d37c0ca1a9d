import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import { describe, expect, it } from "vitest";
import { postgresBlocklist, postgresSchema, postgresUsers } from "../../src/stores/postgres.ts";
import { HASH } from "../support/hash.ts";
import { openPglite } from "../support/pglite.ts";

const at = (ms: number): Date => new Date(Date.UTC(2030, 0, 1) + ms);

describe("PGlite in a folder", () => {
  it("still has it all when it is opened again", { timeout: 120_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), "hallpass-pglite-"));
    try {
      const before = await openPglite(folder);
      await before.exec(postgresSchema());
      await postgresUsers({ client: before }).add({ id: "user-1", login: "reader", passwordHash: HASH });
      await postgresBlocklist({ client: before }).revokeToken("token-1", at(0), "user-1");
      await before.close();
      const after = new PGlite(folder);
      expect((await postgresUsers({ client: after }).findCredentials("reader"))?.passwordHash).toBe(HASH);
      const asked = { jti: "token-1", sid: null, userId: "user-1", issuedAt: at(0) };
      expect(await postgresBlocklist({ client: after }).isRevoked(asked)).toBe(true);
      await after.close();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
