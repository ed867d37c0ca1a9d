// Says what memory it takes to import the modules that the arguments name. Run with --expose-gc.
const MIB = 2 ** 20;
const memory = () => {
  gc();
  return process.memoryUsage();
};

const before = memory();
for (const name of process.argv.slice(2)) await import(name);
const after = memory();
console.log(JSON.stringify({ rss: (after.rss - before.rss) / MIB, heap: (after.heapUsed - before.heapUsed) / MIB }));
