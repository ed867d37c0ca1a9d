import { checkFlag } from "../../shared/user.ts";
import type { Credentials } from "../contract.ts";
import { instantOrNull, millisecondsOf } from "../shared/instant.ts";
import { newUserOf } from "../shared/new-user.ts";
import type { SqlUser, SqlUsers } from "../shared/sql.ts";
import { quotedTables } from "../shared/tables.ts";
import { flagOf } from "../shared/values.ts";
import { at, ms, POSTGRES_OPTIONS, type PostgresOptions, runnerOf } from "./client.ts";

/**
 * Users in a Postgres table: see {@link postgresSchema}. Logins are compared as they are, so write and ask them in one
 * spelling, such as in lower case. If your users have more than this, write the three methods of a `UserStore` yourself.
 *
 * @throws TypeError when an option is none of its kind
 *
 * @example
 * ```ts
 * const users = postgresUsers({ client: pool });
 * await users.add({ id: "u1", login: "reader@example.com", passwordHash: await hashPassword(password) });
 * ```
 */
export function postgresUsers(options: PostgresOptions): SqlUsers {
  const run = runnerOf("postgresUsers", options, POSTGRES_OPTIONS);
  const { users } = quotedTables("postgresUsers", options.tables);
  const columns = `id, login, disabled, ${ms("password_changed_at")} AS changed`;

  return {
    async findById(id) {
      const [row] = await run(`SELECT ${columns} FROM ${users} WHERE id = $1`, id);
      return row === undefined ? null : userOf(row);
    },
    async findCredentials(login): Promise<Credentials<SqlUser> | null> {
      const [row] = await run(`SELECT ${columns}, password_hash AS hash FROM ${users} WHERE login = $1`, login);
      return row === undefined ? null : { user: userOf(row), passwordHash: row.hash as string | null };
    },
    async replacePasswordHash(userId, current, next, changedAt) {
      const since = changedAt === undefined ? null : millisecondsOf(changedAt);
      const set = `password_hash = $3, password_changed_at = coalesce(${at("$4")}, password_changed_at)`;
      const sql = `UPDATE ${users} SET ${set} WHERE id = $1 AND password_hash = $2 RETURNING id`;
      return (await run(sql, userId, current, next, since)).length === 1;
    },
    async add(user) {
      const { id, login, passwordHash, disabled } = newUserOf("postgresUsers.add", user);
      const sql = `INSERT INTO ${users} (id, login, password_hash, disabled) VALUES ($1, $2, $3, $4)
        ON CONFLICT DO NOTHING RETURNING id`;
      const rows = await run(sql, id, login, passwordHash, disabled);
      if (rows.length === 0) throw new Error("postgresUsers: there is a user with this id or this login");
    },
    async setDisabled(id, disabled) {
      checkFlag("postgresUsers.setDisabled: disabled", disabled);
      return (await run(`UPDATE ${users} SET disabled = $2 WHERE id = $1 RETURNING id`, id, disabled)).length === 1;
    },
    async remove(id) {
      return (await run(`DELETE FROM ${users} WHERE id = $1 RETURNING id`, id)).length === 1;
    },
  };
}

function userOf({ id, login, disabled, changed }: Record<string, unknown>): SqlUser {
  return {
    id: id as string,
    login: login as string,
    disabled: flagOf(disabled),
    passwordChangedAt: instantOrNull(changed),
  };
}
