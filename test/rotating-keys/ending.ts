// Run by rotating-keys.test.ts in a process of its own, which is to end once it has nothing to do.
import { defineToken, issueToken, rotatingKeys, secretKey } from "../../src/index.ts";

const keys = rotatingKeys({ load: () => secretKey("a".repeat(32)), every: 30 });
await keys.ready();
await issueToken({}, defineToken({ keys, issuer: null, audience: null }));
console.log("done");
