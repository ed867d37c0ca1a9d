import { Server } from "node:net";

// The README's servers listen on port 3000; here each gets a port of its own and says which.
const { listen } = Server.prototype;
Server.prototype.listen = function (...args) {
  this.once("listening", () => process.stdout.write(`listening on ${this.address().port}\n`));
  const done = args.find((arg) => typeof arg === "function");
  return listen.call(this, { port: 0, host: "127.0.0.1" }, done);
};
