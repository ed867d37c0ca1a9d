// Says which files are loaded once hallpass has issued and verified an HS256 token, and which once it had to do more.
import { Session } from "node:inspector";
import { defineToken, generateKey, hashPassword, issueToken, secretKey, verifyToken } from "hallpass";

/** The debugger is told of every script there is, ESM and CommonJS, and the report of every addon. */
function loaded() {
  const scripts = [];
  const session = new Session();
  session.connect();
  session.on("Debugger.scriptParsed", ({ params }) => scripts.push(params.url));
  session.post("Debugger.enable");
  session.disconnect();
  return [...scripts, ...process.report.getReport().sharedObjects];
}

const token = defineToken({
  keys: secretKey("a secret for measurements, of 32 bytes or more"),
  issuer: null,
  audience: null,
});
await verifyToken(await issueToken({ sub: "user-1" }, token), token);
const before = loaded();
await generateKey("ES256");
await hashPassword("correct horse battery staple");
console.log(JSON.stringify({ before, after: loaded() }));
