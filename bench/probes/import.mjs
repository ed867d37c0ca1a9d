// Says what it took to import the modules that the arguments name.
const memory = () => {
  gc();
  return process.memoryUsage();
};

const before = memory();
const start = performance.now();
for (const name of process.argv.slice(2)) await import(name);
const ms = performance.now() - start;
const after = memory();

const MIB = 2 ** 20;
console.log(
  JSON.stringify({ ms, rss: (after.rss - before.rss) / MIB, heap: (after.heapUsed - before.heapUsed) / MIB }),
);
