import { describeSqlStores } from "../sql-contracts.ts";
import { POSTGRES_DATABASES } from "./databases.ts";

describeSqlStores(POSTGRES_DATABASES, 0, 1);
