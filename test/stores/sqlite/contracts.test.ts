import { describeSqlStores } from "../sql-contracts.ts";
import { SQLITE_DATABASES } from "./databases.ts";

describeSqlStores(SQLITE_DATABASES);
