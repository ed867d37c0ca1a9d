import { toMilliseconds, toMillisecondsOrNull } from "../shared/instants.ts";
import { checkFlag, checkNewUser, checkPasswordHash, createUserExists } from "../shared/new-user.ts";
import { readCredentials, readUser } from "../shared/rows.ts";
import type { SqlUsers } from "../shared/sql.ts";
import { bindClient, SQLITE_OPTIONS, type SqliteOptions } from "./client.ts";
import type { SqliteValue } from "./database.ts";

const COLUMNS = "id, login, disabled, password_changed_at AS changed";

/**
 * Users in a SQLite table (see {@link sqliteSchema}). Logins are compared as they are: store them and look them up in
 * one spelling, such as lower case. If your users have more fields, write the methods of a `UserStore` yourself.
 *
 * @throws TypeError when an option is unknown or of the wrong type
 *
 * @example
 * ```ts
 * const users = sqliteUsers({ database });
 * await users.add({ id: "u1", login: "reader@example.com", passwordHash: await hashPassword(password) });
 * ```
 */
export function sqliteUsers(options: SqliteOptions): SqlUsers {
  const { read, query, transact, tables } = bindClient("sqliteUsers", options, SQLITE_OPTIONS);
  const { users } = tables;
  const write = (sql: string, ...parameters: SqliteValue[]) => transact(() => query(sql, ...parameters));

  return {
    async findById(id) {
      const [row] = await read(`SELECT ${COLUMNS} FROM ${users} WHERE id = ?`, id);
      return row === undefined ? null : readUser(row);
    },
    async findCredentials(login) {
      const [row] = await read(`SELECT ${COLUMNS}, password_hash FROM ${users} WHERE login = ?`, login);
      return row === undefined ? null : readCredentials(row);
    },
    async findCredentialsById(id) {
      const [row] = await read(`SELECT ${COLUMNS}, password_hash FROM ${users} WHERE id = ?`, id);
      return row === undefined ? null : readCredentials(row);
    },
    async replacePasswordHash(userId, current, next, changedAt) {
      checkPasswordHash("sqliteUsers.replacePasswordHash", next);
      const sql = `UPDATE ${users} SET password_hash = ?, password_changed_at = coalesce(?, password_changed_at)
        WHERE id = ? AND password_hash = ? RETURNING id`;
      return (await write(sql, next, toMillisecondsOrNull(changedAt), userId, current)).length === 1;
    },
    async setPasswordHash(userId, next, changedAt) {
      checkPasswordHash("sqliteUsers.setPasswordHash", next);
      const sql = `UPDATE ${users} SET password_hash = ?, password_changed_at = ? WHERE id = ? RETURNING id`;
      return (await write(sql, next, toMilliseconds(changedAt), userId)).length === 1;
    },
    async add(user) {
      const { id, login, passwordHash, disabled } = checkNewUser("sqliteUsers.add", user);
      const sql = `INSERT INTO ${users} (id, login, password_hash, disabled) VALUES (?, ?, ?, ?)
        ON CONFLICT DO NOTHING RETURNING id`;
      const rows = await write(sql, id, login, passwordHash, Number(disabled));
      if (rows.length === 0) throw createUserExists("sqliteUsers", "this id or this login");
    },
    async setDisabled(id, disabled) {
      checkFlag("sqliteUsers.setDisabled: disabled", disabled);
      const sql = `UPDATE ${users} SET disabled = ? WHERE id = ? RETURNING id`;
      return (await write(sql, Number(disabled), id)).length === 1;
    },
    async remove(id) {
      return (await write(`DELETE FROM ${users} WHERE id = ? RETURNING id`, id)).length === 1;
    },
  };
}
