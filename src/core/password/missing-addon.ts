/** Creates the error that says for which machine the addon is missing, and how to get one. */
export function createMissingAddonError(cause: unknown): Error {
  const { arch, platform } = process;
  const libc = detectLibc(platform);
  const machine = [platform, arch, ...libc].join("-");
  const target = [`--os=${platform}`, `--cpu=${arch}`, ...libc.map((name) => `--libc=${name}`)].join(" ");
  return new Error(
    `passwords can't be hashed: the native addon of @node-rs/argon2 for ${machine} can't be loaded. Install packages ` +
      `on this machine without --omit=optional, or elsewhere with: npm install ${target}. Where Node was started with ` +
      "--no-addons or --permission, leave that out or add --allow-addons. Node 24.7 and later hash without the addon",
    { cause },
  );
}

/** The members of `process.report` that are used. Not every runtime has it. */
interface Report {
  excludeNetwork?: boolean | undefined;
  getReport(): object;
}

/** Detects the C library of a Linux, if the runtime tells. A library that is not GNU's is taken to be musl. */
function detectLibc(platform: string): readonly string[] {
  const report: Report | undefined = process.report;
  if (platform !== "linux" || report === undefined) return [];
  const { excludeNetwork } = report;
  report.excludeNetwork = true; // The report would ask the DNS about every peer.
  const { header } = report.getReport() as { readonly header: { readonly glibcVersionRuntime?: string } };
  report.excludeNetwork = excludeNetwork;
  return [header.glibcVersionRuntime === undefined ? "musl" : "glibc"];
}
