// Says how long it takes to import the modules that the arguments name.
const start = performance.now();
for (const name of process.argv.slice(2)) await import(name);
console.log(JSON.stringify({ ms: performance.now() - start }));
