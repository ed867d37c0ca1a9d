import type { Reporter, TestModule } from "vitest/node";

const EVERY_MS = 10_000;

/** Says every ten seconds how far a run is, where no terminal shows it: some files take a minute. */
export default class Progress implements Reporter {
  readonly #since: number = performance.now();
  readonly #running: Set<TestModule> = new Set();
  #timer: NodeJS.Timeout | undefined;
  #files = 0;
  #ended = 0;

  onTestRunStart(files: readonly unknown[]): void {
    this.#files = files.length;
    this.#ended = 0;
    if (!process.stdout.isTTY) this.#timer = setInterval(() => this.#say(), EVERY_MS);
  }

  onTestModuleStart(module: TestModule): void {
    this.#running.add(module);
  }

  onTestModuleEnd(module: TestModule): void {
    this.#running.delete(module);
    this.#ended += 1;
  }

  onTestRunEnd(): void {
    clearInterval(this.#timer);
  }

  #say(): void {
    const seconds = Math.round((performance.now() - this.#since) / 1_000);
    const running = [...this.#running].map(({ relativeModuleId, children }) => {
      const tests = [...children.allTests()];
      const ended = tests.filter((test) => test.result().state !== "pending").length;
      return `${relativeModuleId} (${ended} of ${tests.length})`;
    });
    console.log(` … ${seconds} s: ${this.#ended} of ${this.#files} files. Running: ${running.join(", ") || "loading"}`);
  }
}
