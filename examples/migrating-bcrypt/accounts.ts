import type { User, UserStore } from "hallpass";

/** A row of your own table: its columns stay as they are. */
interface Account extends User {
  readonly email: string;
  passwordHash: string;
  passwordChangedAt: Date | null;
}

/** Hashes that bcrypt made: one of Node ($2b$), and one of PHP ($2y$). */
const table: readonly Account[] = [
  {
    id: "user-1",
    email: "reader@example.com",
    passwordHash: "$2b$10$KYWc.m8Zf.vnKhceoZSR0u3uj.1VG42hM8/KIB7pE9RfoWoQk1Sn.",
    passwordChangedAt: null,
  },
  {
    id: "user-2",
    email: "writer@example.com",
    passwordHash: "$2y$10$gpglXdcapJUrYMHMs1XP6.pAxZ0ItfBcNB7DbBw8ibrVDNcbNdwD2",
    passwordChangedAt: null,
  },
];

/** The user store over the table; with a database, each method is one statement. */
export const accounts: UserStore = {
  async findById(id) {
    const row = table.find((account) => account.id === id);
    return row === undefined ? null : toUser(row);
  },
  async findCredentials(login) {
    const row = table.find(({ email }) => email === login.toLowerCase());
    return row === undefined ? null : { user: toUser(row), passwordHash: row.passwordHash };
  },
  /** UPDATE accounts SET … WHERE id = $1 AND password_hash = $2: of two at once, the second changes nothing. */
  async replacePasswordHash(id, current, next, changedAt) {
    const row = table.find((account) => account.id === id && account.passwordHash === current);
    if (row === undefined) return false;
    row.passwordHash = next;
    row.passwordChangedAt = changedAt ?? row.passwordChangedAt;
    console.log(`${id} has a hash of ${next.split("$")[1]}. Hashes of bcrypt left: ${countBcrypt()}.`);
    return true;
  },
};

/** Makes the user that handlers get, without the hash. */
function toUser({ id, passwordChangedAt }: Account): User {
  return { id, passwordChangedAt };
}

function countBcrypt(): number {
  return table.filter(({ passwordHash }) => passwordHash.startsWith("$2")).length;
}
