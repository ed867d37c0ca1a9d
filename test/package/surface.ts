import ts from "typescript";

const FORMAT = ts.TypeFormatFlags.NoTruncation | ts.TypeFormatFlags.UseAliasDefinedOutsideCurrentScope;

/** Lists all that an entry point exports, a line for each export and for each member of it, with its type. */
export function describeSurface(entries: Readonly<Record<string, string>>): string {
  const { options } = ts.convertCompilerOptionsFromJson(
    ts.readConfigFile("tsconfig.json", ts.sys.readFile).config.compilerOptions,
    process.cwd(),
  );
  const program = ts.createProgram(Object.values(entries), options);
  const checker = program.getTypeChecker();
  return Object.entries(entries)
    .map(([entry, file]) => `${entry}\n${"=".repeat(entry.length)}\n\n${describeEntry(program, checker, file)}\n`)
    .join("\n");
}

function describeEntry(program: ts.Program, checker: ts.TypeChecker, file: string): string {
  const source = program.getSourceFile(file) as ts.SourceFile;
  const module = checker.getSymbolAtLocation(source);
  if (module === undefined) return "(only declares)";
  const symbols = checker.getExportsOfModule(module).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return symbols.map((symbol) => describeExport(checker, symbol, source)).join("\n");
}

function describeExport(checker: ts.TypeChecker, exported: ts.Symbol, source: ts.SourceFile): string {
  const symbol = exported.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(exported) : exported;
  const write = (type: ts.Type): string => checker.typeToString(type, source, FORMAT | ts.TypeFormatFlags.InTypeAlias);
  if (symbol.flags & ts.SymbolFlags.Value) {
    const type = checker.getTypeOfSymbolAtLocation(symbol, source);
    const own = symbol.flags & ts.SymbolFlags.Class ? listMembers(checker, symbol, source) : "";
    return `${exported.name}: ${write(type)}${own}`;
  }
  const type = checker.getDeclaredTypeOfSymbol(symbol);
  if (symbol.flags & ts.SymbolFlags.Interface) {
    const parameters = ((type as ts.InterfaceType).typeParameters ?? []).map(write).join(", ");
    return `interface ${exported.name}${parameters && `<${parameters}>`}${listMembers(checker, symbol, source)}`;
  }
  return `type ${exported.name} = ${write(type)}`;
}

function listMembers(checker: ts.TypeChecker, symbol: ts.Symbol, source: ts.SourceFile): string {
  return checker
    .getPropertiesOfType(checker.getDeclaredTypeOfSymbol(symbol))
    .filter(({ name }) => !/^(?:__@|#)/.test(name)) // A member named by a symbol of ours, or private, is internal.
    .map((member) => {
      const mark = member.flags & ts.SymbolFlags.Optional ? "?" : "";
      return `\n  ${member.name}${mark}: ${checker.typeToString(checker.getTypeOfSymbolAtLocation(member, source), source, FORMAT)}`;
    })
    .join("");
}
