import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import * as limits from "../../src/shared/limits.ts";
import { ROOT } from "./pages.ts";

/** An option, as its docstring describes it. */
export interface Option {
  readonly name: string;
  readonly isRequired: boolean;
  /** The first sentence of the docstring. */
  readonly meaning: string;
  /** What the docstring calls the default: `"15m"` or `none`. Empty where it names none. */
  readonly byDefault: string;
}

/** A default that the code destructures an options object with. */
export interface WrittenDefault {
  readonly file: string;
  readonly name: string;
  readonly value: unknown;
}

const FILES: readonly ts.SourceFile[] = readdirSync(join(ROOT, "src"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => {
    const text = readFileSync(join(ROOT, "src", path), "utf8");
    return ts.createSourceFile(`src/${path}`, text, ts.ScriptTarget.Latest, true);
  });

const TYPES: ReadonlyMap<string, ts.InterfaceDeclaration | ts.TypeAliasDeclaration> = new Map(
  FILES.flatMap((file) => file.statements)
    .filter((it) => ts.isInterfaceDeclaration(it) || ts.isTypeAliasDeclaration(it))
    .map((it) => [it.name.text, it]),
);

/** Every type whose names `src` keeps in a table of `OptionNames`: whatever takes options checks them by one. */
export function listOptionTypes(): string[] {
  return FILES.flatMap(({ text }) => [...text.matchAll(/: OptionNames<([^=]+)> =/g)].map(([, type = ""]) => type));
}

/** The options of a type, such as `PostgresOptions & DeletionOptions`. */
export function readOptionsOf(type: string): Option[] {
  const file = ts.createSourceFile("type.ts", `type It = ${type};`, ts.ScriptTarget.Latest, true);
  return membersOf((file.statements[0] as ts.TypeAliasDeclaration).type).map(describeOption);
}

function membersOf(type: ts.Node): ts.PropertySignature[] {
  if (ts.isInterfaceDeclaration(type)) {
    const inherited = type.heritageClauses?.flatMap(({ types }) => types.flatMap(membersOf)) ?? [];
    const members = [...inherited, ...type.members.filter(ts.isPropertySignature)];
    return [...new Map(members.map((it) => [it.name.getText(), it])).values()]; // the last one of a name counts
  }
  if (ts.isTypeLiteralNode(type)) return type.members.filter(ts.isPropertySignature);
  if (ts.isIntersectionTypeNode(type)) return type.types.flatMap(membersOf);
  if (ts.isConditionalTypeNode(type)) return membersOf(type.trueType);
  if (ts.isTypeAliasDeclaration(type)) return membersOf(type.type);
  const [whole, left] = readOmit(type);
  if (whole !== undefined) return membersOf(whole).filter((it) => !left.includes(it.name.getText()));
  const name = ts.isTypeReferenceNode(type) ? type.typeName.getText() : type.getText().replace(/<.*/s, "");
  const declared = TYPES.get(name);
  if (declared === undefined) throw new Error(`src has no type ${name}`);
  return membersOf(declared);
}

/** The type of which `Omit` leaves members out, and their names. */
function readOmit(type: ts.Node): [whole: ts.Node | undefined, left: readonly string[]] {
  const isOmit = /^Omit</.test(type.getText());
  const [whole, names] = isOmit ? ((type as ts.ExpressionWithTypeArguments).typeArguments ?? []) : [];
  return [whole, [...(names?.getText().matchAll(/"(\w+)"/g) ?? [])].map(([, name = ""]) => name)];
}

function describeOption(member: ts.PropertySignature): Option {
  const doc = ts.getJSDocCommentsAndTags(member).find(ts.isJSDoc)?.comment;
  const sentences = (ts.getTextOfJSDocComment(doc) ?? "")
    .replaceAll(/\{@link (\w+)\}/g, "`$1`")
    .split(/\n(?:\n|- )/)
    .flatMap((paragraph) => paragraph.replaceAll(/\s+/g, " ").split(/(?<=[.!]) (?=[A-Z`"\d])/));
  const byDefault = sentences.map(readDefault).find((it) => it !== "") ?? "";
  return {
    name: member.name.getText(),
    isRequired: member.questionToken === undefined,
    meaning: (sentences[0] ?? "").replace(/[.:]$/, ""),
    byDefault,
  };
}

/** Reads the default out of a sentence such as `"15m"` by default, or "By default it is in the answer's body." */
function readDefault(sentence: string): string {
  const found = /^(?:(.{1,60}?) by default\b|By default,? (.+?)(?:[.]$|: ))/.exec(sentence);
  const text = found?.[1] ?? found?.[2] ?? "";
  return /^[A-Z][a-z]+\b/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}

/** The table of a type's options, in Markdown. */
function formatOptions(type: string): string {
  const rows = readOptionsOf(type).map(({ name, isRequired, meaning, byDefault }) =>
    ["", `\`${name}\``, isRequired ? "**required**" : byDefault, meaning.replaceAll("|", "\\|"), ""].join(" | ").trim(),
  );
  return ["| option | default | what it is |", "|---|---|---|", ...rows].join("\n");
}

const TABLE = /(<!-- options: (.+?) -->\n)[\s\S]*?(<!-- end of options -->)/g;

/** The types whose tables stand in a page. */
export function listTables(page: string): string[] {
  return [...page.matchAll(TABLE)].map(([, , type = ""]) => type);
}

/** Writes the tables of a page anew, each between its two comments. */
export function writeTables(page: string): string {
  return page.replace(TABLE, (_all, begin, type, end) => `${begin}\n${formatOptions(type)}\n\n${end}`);
}

/** The literals and limits that `src` gives in `const { name = default } = options`, for the options of its own file. */
export function listWrittenDefaults(): WrittenDefault[] {
  const found: WrittenDefault[] = [];
  for (const file of FILES.filter(({ text }) => text.includes(": OptionNames<"))) {
    const visit = (node: ts.Node): void => {
      if (ts.isVariableDeclaration(node) && ts.isObjectBindingPattern(node.name)) {
        if (node.initializer?.getText() === "options") found.push(...node.name.elements.flatMap(defaultOf));
      }
      ts.forEachChild(node, visit);
    };
    const defaultOf = ({ name, propertyName, initializer }: ts.BindingElement): WrittenDefault[] => {
      const value = initializer && readValue(initializer);
      return value === undefined ? [] : [{ file: file.fileName, name: (propertyName ?? name).getText(), value }];
    };
    visit(file);
  }
  return found;
}

function readValue(node: ts.Expression): unknown {
  if (ts.isStringLiteral(node)) return node.text;
  if (ts.isNumericLiteral(node)) return Number(node.text.replaceAll("_", ""));
  if (ts.isIdentifier(node)) return (limits as Readonly<Record<string, unknown>>)[node.text];
  if (node.kind === ts.SyntaxKind.TrueKeyword) return true;
  if (node.kind === ts.SyntaxKind.FalseKeyword) return false;
  return undefined;
}

/** The types of options that a file of `src` declares. */
export function listTypesIn(file: string): string[] {
  return [...TYPES].filter(([, it]) => it.getSourceFile().fileName === file).map(([name]) => name);
}
