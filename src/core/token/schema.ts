import { describeValue } from "../../shared/describe.ts";
import { isObject } from "../../shared/object.ts";

/**
 * The part of a Standard Schema (version 1) that hallpass needs. The schemas of zod, valibot, arktype and others have
 * it built in, and are passed as they are.
 */
export interface ClaimsSchema<Input = unknown, Output = Input> {
  /** The members that the Standard Schema contract asks for. */
  readonly "~standard": {
    /** The version of the contract. */
    readonly version: 1;
    /** The library that made the schema. */
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

/** The result of a validation: a value, or the issues with it. */
export type SchemaResult<Output> =
  | {
      /** What the schema made of the value. */
      readonly value: Output;
      /** `undefined`, as there are none. */
      readonly issues?: undefined;
    }
  | {
      /** What is wrong with the value. */
      readonly issues: readonly SchemaIssue[];
    };

/** One thing that is wrong with a value. */
export interface SchemaIssue {
  /** The schema's own message. */
  readonly message: string;
  /** Where it is in the value. */
  readonly path?: readonly (PropertyKey | PathSegment)[] | undefined;
}

/** One step of a path. */
export interface PathSegment {
  /** The property's name or index. */
  readonly key: PropertyKey;
}

/** Tells whether a value is a Standard Schema. */
export function isSchema(value: unknown): value is ClaimsSchema {
  const standard = (value as { "~standard"?: { validate?: unknown } } | null | undefined)?.["~standard"];
  return typeof standard?.validate === "function";
}

/**
 * Validates a value with a schema. If the schema throws, or gives no result, the fault is the application's and not the
 * token's.
 */
export async function validate(schema: ClaimsSchema, value: unknown): Promise<SchemaResult<unknown>> {
  try {
    const result = await schema["~standard"].validate(value);
    // Read inside `try`: reading an answer that is not a result may throw.
    if (result.issues !== undefined || isObject(result.value)) return result;
  } catch (cause) {
    throw new TypeError("the profile's schema threw; it should answer with issues", { cause });
  }
  throw new TypeError("the profile's schema must answer with an object");
}

/** Lists the paths that a schema refused, without the refused values. */
export function listPaths(issues: readonly SchemaIssue[]): string {
  return issues.map(({ path = [] }) => path.map(describeSegment).join(".") || "(the claims)").join(", ");
}

function describeSegment(segment: PropertyKey | PathSegment): string {
  const key = typeof segment === "object" ? segment.key : segment;
  return typeof key === "string" ? describeName(key) : String(key);
}

/**
 * Writes a name for a message. An ordinary name stays as it is. Any other is quoted, since it may come from an
 * attacker.
 */
export function describeName(name: string): string {
  return /^[\w$-]{1,64}$/.test(name) ? name : describeValue(name);
}
