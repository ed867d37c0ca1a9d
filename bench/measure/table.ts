import type { Figure } from "./figure.ts";

/** All figures as Markdown: a table for each workload, a row for each contender, a column for each unit. */
export function tablesOf(figures: readonly Figure[]): string {
  return [...groupedBy(figures, ({ suite, workload }) => `${suite}: ${workload}`)]
    .map(([title, own]) => `### ${title}\n\n${tableOf(own)}`)
    .join("\n\n");
}

function tableOf(figures: readonly Figure[]): string {
  const units = [...new Set(figures.map(({ unit }) => unit))];
  const rows = [...groupedBy(figures, ({ contender }) => contender)].map(([contender, own]) => [
    contender,
    ...units.map((unit) => cellOf(own.find((figure) => figure.unit === unit))),
  ]);
  return markdown(["", ...units], rows);
}

function cellOf(figure: Figure | undefined): string {
  if (figure === undefined) return "";
  const { median, low, high } = figure;
  return low === high ? rounded(median) : `${rounded(median)} (${rounded(low)}–${rounded(high)})`;
}

/** Rows under a head, as wide as they need to be. */
export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((cell, at) =>
    Math.max(3, ...[head, ...rows].map((row) => (row[at] ?? "").length), cell.length),
  );
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, at) => cell.padEnd(widths[at] as number)).join(" | ")} |`;
  return [line(head), line(widths.map((width) => "-".repeat(width))), ...rows.map(line)].join("\n");
}

/** Three digits that count. */
export function rounded(value: number): string {
  return Math.abs(value) >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

function groupedBy(figures: readonly Figure[], keyOf: (figure: Figure) => string): Map<string, Figure[]> {
  const groups = new Map<string, Figure[]>();
  for (const figure of figures) {
    const key = keyOf(figure);
    groups.set(key, [...(groups.get(key) ?? []), figure]);
  }
  return groups;
}
