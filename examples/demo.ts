// Only what is wanted is imported: the page and the walk have each a key and users of their own.
if (process.argv.includes("--web")) {
  const { serve } = await import("./demo-web/server.ts");
  await serve();
} else {
  await import("./walk.ts");
}
