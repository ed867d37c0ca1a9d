import { checkFlag } from "../../shared/user.ts";
import { instantOrNull, millisecondsOf } from "../shared/instant.ts";
import { newUserOf } from "../shared/new-user.ts";
import type { SqlUser, SqlUsers } from "../shared/sql.ts";
import { quotedTables } from "../shared/tables.ts";
import { flagOf } from "../shared/values.ts";
import { runnerOf, SQLITE_OPTIONS, type SqliteOptions } from "./database.ts";

/**
 * Users in a SQLite table: see {@link sqliteSchema}. Logins are compared as they are, so write and ask them in one
 * spelling, such as in lower case. If your users have more than this, write the three methods of a `UserStore` yourself.
 *
 * @throws TypeError when the database is none, or a table's name
 *
 * @example
 * ```ts
 * const users = sqliteUsers({ database });
 * await users.add({ id: "u1", login: "reader@example.com", passwordHash: await hashPassword(password) });
 * ```
 */
export function sqliteUsers(options: SqliteOptions): SqlUsers {
  const { read, rows, atomically } = runnerOf("sqliteUsers", options, SQLITE_OPTIONS);
  const { users } = quotedTables("sqliteUsers", options.tables);
  const written = (...statement: Parameters<typeof rows>) => atomically(() => rows(...statement));

  return {
    async findById(id) {
      const [row] = await read(`SELECT * FROM ${users} WHERE id = ?`, id);
      return row === undefined ? null : userOf(row);
    },
    async findCredentials(login) {
      const [row] = await read(`SELECT * FROM ${users} WHERE login = ?`, login);
      return row === undefined ? null : { user: userOf(row), passwordHash: row.password_hash as string | null };
    },
    async replacePasswordHash(userId, current, next, changedAt) {
      const since = changedAt === undefined ? null : millisecondsOf(changedAt);
      const sql = `UPDATE ${users} SET password_hash = ?, password_changed_at = coalesce(?, password_changed_at)
        WHERE id = ? AND password_hash = ? RETURNING id`;
      return (await written(sql, next, since, userId, current)).length === 1;
    },
    async add(user) {
      const { id, login, passwordHash, disabled } = newUserOf("sqliteUsers.add", user);
      const sql = `INSERT INTO ${users} (id, login, password_hash, disabled) VALUES (?, ?, ?, ?)
        ON CONFLICT DO NOTHING RETURNING id`;
      const added = await written(sql, id, login, passwordHash, Number(disabled));
      if (added.length === 0) throw new Error("sqliteUsers: there is a user with this id or this login");
    },
    async setDisabled(id, disabled) {
      checkFlag("sqliteUsers.setDisabled: disabled", disabled);
      const sql = `UPDATE ${users} SET disabled = ? WHERE id = ? RETURNING id`;
      return (await written(sql, Number(disabled), id)).length === 1;
    },
    async remove(id) {
      return (await written(`DELETE FROM ${users} WHERE id = ? RETURNING id`, id)).length === 1;
    },
  };
}

function userOf({ id, login, disabled, password_changed_at }: Record<string, unknown>): SqlUser {
  return {
    id: id as string,
    login: login as string,
    disabled: flagOf(disabled),
    passwordChangedAt: instantOrNull(password_changed_at),
  };
}
