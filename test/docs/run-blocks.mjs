// Imports the modules that it is given one after another, and writes a line of JSON about each: what it printed, what it
// threw, and on which port it listens. It ends when its stdin does, so that servers answer until then.
import { Server } from "node:net";
import { format } from "node:util";

let ports = [];
const { listen } = Server.prototype;
Server.prototype.listen = function (...args) {
  const done = args.find((arg) => typeof arg === "function");
  return listen.call(this, { port: 0, host: "127.0.0.1" }, () => {
    ports.push(this.address().port);
    done?.call(this);
  });
};

for (const method of ["error", "warn", "info"]) console[method] = () => undefined; // nobody promises what these print

for (const file of process.argv.slice(2)) {
  const printed = [];
  ports = [];
  console.log = (...values) => printed.push(format(...values));
  let error = null;
  try {
    await import(file);
  } catch (thrown) {
    error = format(thrown);
  }
  await new Promise((resolve) => setTimeout(resolve, 5)); // for a server that listens without being awaited
  process.stdout.write(`${JSON.stringify({ file, printed: printed.join("\n"), error, ports })}\n`);
}
process.stdin.resume().on("end", () => process.exit());
