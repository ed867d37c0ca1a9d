import {
  type DynamicModule,
  type FactoryProvider,
  Inject,
  Module,
  type ModuleMetadata,
  type OnModuleInit,
  type Provider,
} from "@nestjs/common";
import { APP_FILTER, APP_GUARD, HttpAdapterHost } from "@nestjs/core";
import type { Guard } from "../../guard/guard.ts";
import { checkFunction, checkOptions, type OptionNames } from "../../shared/options.ts";
import { isGuard } from "../checks.ts";
import type { ErrorHandlerOptions } from "../errors.ts";
import { AuthErrorFilter } from "./filter.ts";
import { AuthGuard } from "./guard.ts";
import { translateParserErrors } from "./http.ts";

/** The options of {@link HallpassModule}. */
export interface HallpassOptions extends ErrorHandlerOptions<object> {
  /** What `createGuard` or `createAuthenticator` makes. */
  readonly guard: Guard;
}

/** The options of {@link HallpassModule.forRootAsync}, in the shape that other modules of Nest have. */
export interface HallpassAsyncOptions {
  /** The modules that export what `inject` names. None by default. */
  readonly imports?: ModuleMetadata["imports"];
  /** The providers that `useFactory` is given, in this order. None by default. */
  readonly inject?: FactoryProvider["inject"];
  /** Makes the options from the injected providers. */
  readonly useFactory: (...providers: never[]) => HallpassOptions | Promise<HallpassOptions>;
}

const OPTIONS: OptionNames<HallpassOptions> = { guard: "required", log: "optional" };
const ASYNC_OPTIONS: OptionNames<HallpassAsyncOptions> = {
  imports: "optional",
  inject: "optional",
  useFactory: "required",
};

/** The provider of the options that a factory made. */
const MADE = Symbol("hallpass.options");

/**
 * The module that guards every route of the application by {@link AuthGuard}, and answers refusals by
 * {@link AuthErrorFilter}.
 */
export class HallpassModule {
  /** Without a guard the module would leave every route open, so Nest can't make it from the class alone. */
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
    const { guard, ...logging } = checkModuleOptions("HallpassModule.forRoot", options);
    return {
      module: GuardedModule,
      providers: [
        { provide: APP_GUARD, useValue: new AuthGuard(guard) },
        { provide: APP_FILTER, inject: [HttpAdapterHost], useFactory: createFilter(logging) },
      ],
    };
  }

  /**
   * As {@link HallpassModule.forRoot}, for a guard that needs other providers, such as a configuration or a connection
   * to a database. The result of the factory is checked when the application starts.
   *
   * @throws TypeError when an option is missing, misspelt or meaningless
   *
   * @example
   * ```ts
   * @Module({
   *   imports: [
   *     HallpassModule.forRootAsync({
   *       imports: [ConfigModule],
   *       inject: [ConfigService],
   *       useFactory: (config: ConfigService) => ({ guard: createMyGuard(config.getOrThrow("TOKEN_SECRET")) }),
   *     }),
   *   ],
   * })
   * class AppModule {}
   * ```
   */
  static forRootAsync(options: HallpassAsyncOptions): DynamicModule {
    checkOptions("HallpassModule.forRootAsync", options, ASYNC_OPTIONS);
    const { imports = [], inject = [], useFactory } = options;
    checkFunction(
      "HallpassModule.forRootAsync: useFactory",
      useFactory,
      "(config) => ({ guard: createMyGuard(config) })",
    );
    const made: Provider = {
      provide: MADE,
      inject,
      useFactory: async (...providers: never[]) =>
        checkModuleOptions("HallpassModule.forRootAsync", await useFactory(...providers)),
    };
    const toGuard = ({ guard }: HallpassOptions): AuthGuard => new AuthGuard(guard);
    const toFilter = (host: HttpAdapterHost, { guard, ...logging }: HallpassOptions): AuthErrorFilter =>
      createFilter(logging)(host);
    return {
      module: GuardedModule,
      imports,
      providers: [
        made,
        { provide: APP_GUARD, inject: [MADE], useFactory: toGuard },
        { provide: APP_FILTER, inject: [HttpAdapterHost, MADE], useFactory: toFilter },
      ],
    };
  }
}

function checkModuleOptions(verb: string, options: HallpassOptions): HallpassOptions {
  if (isGuard(options)) throw new TypeError(`${verb}: give the guard as { guard }`);
  checkOptions(verb, options, OPTIONS);
  return options;
}

function createFilter(options: ErrorHandlerOptions<object>): (host: HttpAdapterHost) => AuthErrorFilter {
  return (host) => new AuthErrorFilter(host, options);
}

/** The class that Nest makes for {@link HallpassModule}. Nest sets its error handler after this. */
class GuardedModule implements OnModuleInit {
  readonly #host: HttpAdapterHost;

  constructor(host: HttpAdapterHost) {
    this.#host = host;
  }

  onModuleInit(): void {
    translateParserErrors(this.#host);
  }
}

// These are called as functions, so that the package needs no compiler setting for decorators.
Inject(HttpAdapterHost)(GuardedModule, undefined, 0);
Module({})(GuardedModule);
