import { checkOptions, type OptionNames } from "../../shared/options.ts";
import { checkFlag, checkNewUser } from "../../shared/user.ts";
import type { NewSqlUser } from "./sql.ts";

const ENTRY: OptionNames<NewSqlUser> = {
  id: "required",
  login: "required",
  passwordHash: "required",
  disabled: "optional",
};

/** A user to be added, once it is known to be one. */
export function newUserOf(owner: string, user: NewSqlUser): Required<NewSqlUser> {
  checkOptions(owner, user, ENTRY);
  const { id, login, passwordHash, disabled = false } = user;
  checkNewUser(owner, id, login, passwordHash);
  checkFlag(`${owner}: disabled`, disabled);
  return { id, login, passwordHash, disabled };
}
