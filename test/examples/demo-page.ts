import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { expect } from "vitest";

/** What Chromium needs to run as root, without a screen, and without a word to anybody. */
export const CHROMIUM_ARGS: string[] = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** A demo that runs. */
export interface Demo {
  readonly child: ChildProcess;
  readonly url: string;
}

/** Starts `npm run demo -- --web` as that starts it. */
export async function startDemo(env: NodeJS.ProcessEnv = {}): Promise<Demo> {
  const child = spawn(process.execPath, ["--import", "tsx", "examples/demo.ts", "--web"], {
    env: { ...process.env, PORT: "0", ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  return { child, url: /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0] ?? line };
}

/** The refusals that the story is about, and a demo that has ended: browsers complain of both. */
const EXPECTED = /the server responded with a status of 40|ERR_CONNECTION_REFUSED/;

/** The demo's page, as somebody with a keyboard uses it. */
export class DemoPage {
  readonly page: Page;
  /** What the browser complains of, and what is loaded from elsewhere. */
  readonly complaints: string[] = [];

  private constructor(page: Page, url: string) {
    this.page = page;
    page.on("pageerror", (error) => this.complaints.push(String(error)));
    page.on("console", (message) => EXPECTED.test(message.text()) || this.complaints.push(message.text()));
    page.on("request", (request) => request.url().startsWith(url) || this.complaints.push(request.url()));
  }

  static async open(browser: Browser, url: string, options: BrowserContextOptions = {}): Promise<DemoPage> {
    const demo = new DemoPage(await browser.newPage(options), url);
    await demo.page.goto(url);
    await demo.device("Thief").waitFor();
    return demo;
  }

  device(name: string): Locator {
    return this.page.getByRole("region", { name, exact: true });
  }

  /** Presses a device's button. */
  async press(device: string, name: string): Promise<void> {
    await this.tabTo(this.device(device).getByRole("button", { name, exact: true }));
    await this.page.keyboard.press("Space");
  }

  async tabTo(control: Locator): Promise<void> {
    const focused = control.and(this.page.locator(":focus"));
    for (let tabs = 0; (await focused.count()) === 0; tabs += 1) {
      if (tabs === 100) throw new Error("a hundred tabs do not reach the control");
      await this.page.keyboard.press("Tab");
    }
  }

  /** Waits for what a screen reader reads aloud. */
  async says(text: string): Promise<void> {
    const said = this.page.getByRole("status").first();
    await expect.poll(() => said.textContent(), { timeout: 5_000, interval: 20 }).toBe(text);
  }

  stateOf(device: string): Promise<string | null> {
    return this.device(device).locator(".state").textContent();
  }

  exchangesOf(device: string): Promise<string[]> {
    return this.device(device).locator(".exchanges summary").allTextContents();
  }

  /** The texts of a list of what the service knows. */
  known(list: "sessions" | "thefts"): Promise<string[]> {
    return this.page.locator(`#${list} li`).allTextContents();
  }
}
