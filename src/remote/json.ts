import { isObject } from "../shared/object.ts";

/**
 * Parses a document that is a JSON object, whatever its content type says.
 *
 * @throws Error that names where it came from; the document may hold anything, so its text stays out
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
