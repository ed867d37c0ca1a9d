import { isObject } from "../shared/object.ts";

/**
 * Parses a document that is a JSON object, whatever its content type says.
 *
 * @throws Error that names the source of the document, and leaves out its text, which may hold anything
 */
export function parseObject(name: string, text: string): Record<string, unknown> {
  const value = tryParse(text);
  if (!isObject(value)) throw new Error(`${name} is no JSON object`);
  return value as Record<string, unknown>;
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
