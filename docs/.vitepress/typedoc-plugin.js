import { readFileSync } from "node:fs";
import { Application, Converter } from "typedoc";

const readJson = (name) => JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), "utf8"));
const entries = Object.entries(readJson("tsconfig.json").compilerOptions.paths);

/** Calls a module what an application imports it by, and links to the source in the repository that package.json names. */
export function load(app) {
  const repository = readJson("package.json").repository.url.replace(/^git\+|\.git$/g, "");
  app.on(Application.EVENT_BOOTSTRAP_END, () =>
    app.options.setValue("sourceLinkTemplate", `${repository}/blob/main/src/{path}#L{line}`),
  );
  app.converter.on(Converter.EVENT_CREATE_DECLARATION, (_context, reflection) => {
    if (!reflection.parent?.isProject()) return;
    const source = reflection.sources?.[0]?.fullFileName ?? "";
    const entry = entries.find(([, [file]]) => source.endsWith(file.slice(1)));
    if (entry !== undefined) reflection.name = entry[0];
  });
}
