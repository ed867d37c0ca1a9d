// Run by channel.test.ts in a process of its own: refuses a token, which a subscriber of the channel is told.
import { subscribe } from "node:diagnostics_channel";
import { createGuard, defineToken, secretKey } from "../../src/index.ts";

const [how] = process.argv.slice(2);

subscribe("hallpass:event", () => {
  try {
    throw new Error("of the subscriber");
  } catch (error) {
    if (how === "throws") throw error;
  }
});
const keys = secretKey("a secret of thirty-two bytes, or more");
const guard = createGuard({ token: defineToken({ keys, issuer: null, audience: null }) });
await guard.authenticate("Bearer x").catch(({ code }) => console.log(code));
setTimeout(() => console.log("alive"), 50);
