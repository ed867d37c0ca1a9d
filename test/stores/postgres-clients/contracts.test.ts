import { POSTGRES_DATABASES } from "../postgres/databases.ts";
import { describeSqlStores } from "../sql-contracts.ts";

describeSqlStores(POSTGRES_DATABASES, 1);
