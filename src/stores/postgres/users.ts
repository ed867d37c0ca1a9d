import { toMilliseconds, toMillisecondsOrNull } from "../shared/instants.ts";
import { checkFlag, checkNewUser, checkPasswordHash, createUserExists } from "../shared/new-user.ts";
import { readCredentials, readUser } from "../shared/rows.ts";
import type { SqlUsers } from "../shared/sql.ts";
import { bindClient, castToMilliseconds, castToTimestamp, POSTGRES_OPTIONS, type PostgresOptions } from "./client.ts";

const COLUMNS = `id, login, disabled, ${castToMilliseconds("password_changed_at")} AS changed`;

/**
 * Users in a Postgres table (see {@link postgresSchema}). Logins are compared as they are: store them and look them up
 * in one spelling, such as lower case. If your users have more fields, write the methods of a `UserStore` yourself.
 *
 * @throws TypeError when an option is unknown or of the wrong type
 *
 * @example
 * ```ts
 * const users = postgresUsers({ client: pool });
 * await users.add({ id: "u1", login: "reader@example.com", passwordHash: await hashPassword(password) });
 * ```
 */
export function postgresUsers(options: PostgresOptions): SqlUsers {
  const { query, tables } = bindClient("postgresUsers", options, POSTGRES_OPTIONS);
  const { users } = tables;

  return {
    async findById(id) {
      const [row] = await query(`SELECT ${COLUMNS} FROM ${users} WHERE id = $1`, id);
      return row === undefined ? null : readUser(row);
    },
    async findCredentials(login) {
      const [row] = await query(`SELECT ${COLUMNS}, password_hash FROM ${users} WHERE login = $1`, login);
      return row === undefined ? null : readCredentials(row);
    },
    async findCredentialsById(id) {
      const [row] = await query(`SELECT ${COLUMNS}, password_hash FROM ${users} WHERE id = $1`, id);
      return row === undefined ? null : readCredentials(row);
    },
    async replacePasswordHash(userId, current, next, changedAt) {
      checkPasswordHash("postgresUsers.replacePasswordHash", next);
      const set = `password_hash = $3, password_changed_at = coalesce(${castToTimestamp("$4")}, password_changed_at)`;
      const sql = `UPDATE ${users} SET ${set} WHERE id = $1 AND password_hash = $2 RETURNING id`;
      return (await query(sql, userId, current, next, toMillisecondsOrNull(changedAt))).length === 1;
    },
    async setPasswordHash(userId, next, changedAt) {
      checkPasswordHash("postgresUsers.setPasswordHash", next);
      const sql = `UPDATE ${users} SET password_hash = $2, password_changed_at = ${castToTimestamp("$3")}
        WHERE id = $1 RETURNING id`;
      return (await query(sql, userId, next, toMilliseconds(changedAt))).length === 1;
    },
    async add(user) {
      const { id, login, passwordHash, disabled } = checkNewUser("postgresUsers.add", user);
      const sql = `INSERT INTO ${users} (id, login, password_hash, disabled) VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING RETURNING id`;
      const rows = await query(sql, id, login, passwordHash, disabled);
      if (rows.length === 0) throw createUserExists("postgresUsers", "this id or this login");
    },
    async setDisabled(id, disabled) {
      checkFlag("postgresUsers.setDisabled: disabled", disabled);
      const sql = `UPDATE ${users} SET disabled = $2 WHERE id = $1 RETURNING id`;
      return (await query(sql, id, disabled)).length === 1;
    },
    async remove(id) {
      return (await query(`DELETE FROM ${users} WHERE id = $1 RETURNING id`, id)).length === 1;
    },
  };
}
