import { type DynamicModule, Module } from "@nestjs/common";
import { APP_FILTER, APP_GUARD, HttpAdapterHost } from "@nestjs/core";
import type { Guard } from "../../guard/guard.ts";
import { checkOptions, type OptionNames } from "../../shared/options.ts";
import { isGuard } from "../checks.ts";
import type { ErrorHandlerOptions } from "../errors.ts";
import { AuthErrorFilter } from "./filter.ts";
import { AuthGuard } from "./guard.ts";

/** What {@link HallpassModule} takes. */
export interface HallpassOptions extends ErrorHandlerOptions<object> {
  /** What `createGuard` or `createAuthenticator` makes. */
  readonly guard: Guard;
}

const OPTIONS: OptionNames<HallpassOptions> = { guard: "required", log: "optional" };

/**
 * The module that puts {@link AuthGuard} in front of every route of the application, and {@link AuthErrorFilter}
 * behind.
 */
export class HallpassModule {
  /** Without a guard the module would leave every route open, so Nest can't make it of the class alone. */
  private constructor() {
    throw new TypeError("HallpassModule has no guard: import HallpassModule.forRoot({ guard }) instead of the class");
  }

  /**
   * Makes the module of a guard. Import it once, in the application's own module.
   *
   * @throws TypeError when an option is missing, misspelt or meaningless
   *
   * @example
   * ```ts
   * @Module({ imports: [HallpassModule.forRoot({ guard: createGuard({ token }) })] })
   * class AppModule {}
   * ```
   */
  static forRoot(options: HallpassOptions): DynamicModule {
    if (isGuard(options)) throw new TypeError("HallpassModule.forRoot: give the guard as { guard }");
    checkOptions("HallpassModule.forRoot", options, OPTIONS);
    const { guard, ...logging } = options;
    const createFilter = (host: HttpAdapterHost): AuthErrorFilter => new AuthErrorFilter(host, logging);
    return {
      module: GuardedModule,
      providers: [
        { provide: APP_GUARD, useValue: new AuthGuard(guard) },
        { provide: APP_FILTER, inject: [HttpAdapterHost], useFactory: createFilter },
      ],
    };
  }
}

/** What {@link HallpassModule.forRoot} has Nest make. */
class GuardedModule {}

Module({})(GuardedModule);
