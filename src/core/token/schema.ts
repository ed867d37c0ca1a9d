import { assert } from "../../shared/assert.ts";
import { finding } from "../../shared/finding.ts";

/**
 * What hallpass needs of a Standard Schema (version 1): zod, valibot, arktype and others have it built in, so their
 * schemas are passed as they are.
 */
export interface ClaimsSchema<Input = unknown, Output = Input> {
  /** The schema's side of the Standard Schema contract. */
  readonly "~standard": {
    /** The contract's version. */
    readonly version: 1;
    /** Whose schema it is. */
    readonly vendor: string;
    /** Turns any value into the output, or into issues with it. */
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
    /** For the compiler alone. */
    readonly types?:
      | {
          /** What the schema takes. */
          readonly input: Input;
          /** What it gives. */
          readonly output: Output;
        }
      | undefined;
  };
}

/** What a schema's validation comes to: a value, or the issues it has with it. */
export type SchemaResult<Output> =
  | {
      /** What the schema made of the value. */
      readonly value: Output;
      /** Absent, where there are none. */
      readonly issues?: undefined;
    }
  | {
      /** What the schema has against the value. */
      readonly issues: readonly SchemaIssue[];
    };

/** One thing that a schema has against a value. */
export interface SchemaIssue {
  /** The schema's own words. */
  readonly message: string;
  /** Where in the value. */
  readonly path?: readonly (PropertyKey | PathSegment)[] | undefined;
}

/** One step on the way to a value. */
export interface PathSegment {
  /** The property's name or index. */
  readonly key: PropertyKey;
}

/** Whether a value is a schema by Standard Schema's own mark. */
export function isSchema(value: unknown): value is ClaimsSchema {
  const standard = (value as { "~standard"?: { validate?: unknown } } | null | undefined)?.["~standard"];
  return typeof standard?.validate === "function";
}

/** Asks a schema. One that throws, or answers with no result, is a mistake in the application and not in the token. */
export async function validate(schema: ClaimsSchema, value: unknown): Promise<SchemaResult<unknown>> {
  let result: SchemaResult<unknown>;
  try {
    result = await schema["~standard"].validate(value);
  } catch (cause) {
    throw new TypeError("the profile's schema threw; it should answer with issues", { cause });
  }
  assert(result.issues !== undefined || isObject(result.value), "the profile's schema must answer with an object");
  return result;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The paths that a schema refused, without the refused values. */
export function pathsOf(issues: readonly SchemaIssue[]): string {
  return issues.map(({ path = [] }) => path.map(keyOf).join(".") || "(the claims)").join(", ");
}

function keyOf(segment: PropertyKey | PathSegment): string {
  const key = typeof segment === "object" ? segment.key : segment;
  return typeof key === "string" ? nameIn(key) : String(key);
}

/** A name in a path: as it is where it is an ordinary one, else as what comes from anybody. */
export function nameIn(name: string): string {
  return /^[\w$-]{1,64}$/.test(name) ? name : finding(name);
}
