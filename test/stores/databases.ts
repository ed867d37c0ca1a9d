import { THOROUGH } from "../support/thorough.ts";
import { POSTGRES_DATABASES } from "./postgres/databases.ts";
import type { Databases } from "./sql-stores.ts";
import { SQLITE_DATABASES } from "./sqlite/databases.ts";

/** Every database that the SQL stores run on here. */
export const DATABASES: Databases = { ...POSTGRES_DATABASES, ...SQLITE_DATABASES };

/** The first of each kind. The others differ from these in the form of their answers. */
const KINDS = [POSTGRES_DATABASES, SQLITE_DATABASES].map((databases) => Object.keys(databases)[0]);

/** Whether everything runs on a database, and not a part: in a thorough run on each. */
export const isWhole = (name: string): boolean => THOROUGH || KINDS.includes(name);
