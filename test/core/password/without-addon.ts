// Run by processes.test.ts in a process of its own: hashes and compares, and prints what came of it as JSON.
import { isAuthError } from "../../../src/core/errors.ts";
import { createPasswordHasher } from "../../../src/core/password/hasher.ts";

const [stored = ""] = process.argv.slice(2);
const passwords = createPasswordHasher({ memoryCost: 64, timeCost: 1, pepper: new Uint8Array(16).fill(7) });
const attempt = (work: Promise<unknown>): Promise<unknown> =>
  work.catch((error: Error) => ({
    code: isAuthError(error) ? error.code : null,
    message: isAuthError(error) ? (error.cause as Error).message : error.message,
  }));

const outcome = {
  ready: await attempt(passwords.ready()),
  hash: await attempt(passwords.hash("correct horse")),
  good: await attempt(passwords.compare("correct horse", stored)),
  bad: await attempt(passwords.compare("battery staple", stored)),
};
process.stdout.write(JSON.stringify(outcome));
