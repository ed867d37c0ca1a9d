// Imports only one of the two: each makes a key and users of its own when it is imported.
if (process.argv.includes("--web")) {
  const { serve } = await import("./demo-web/server.ts");
  await serve();
} else {
  await import("./walk.ts");
}
