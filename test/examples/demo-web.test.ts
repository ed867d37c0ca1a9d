import { once } from "node:events";
import { type Browser, chromium } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from "vitest";
import { CHROMIUM_ARGS, type Demo, DemoPage, startDemo } from "./demo-page.ts";
import { FOCUSED, HIDE, LOOKS, type Looks } from "./in-page.ts";

const program = inject("chromium");

const BEGUN = "POST /login → 200. A session has begun.";
const REFRESHED = "POST /refresh → 200. Two new tokens; the refresh token that was sent is spent.";
const REVOKED = "GET /me → 401. The token has been revoked.";

describe.skipIf(program === null)("the demo's page", () => {
  let browser: Browser;
  let demo: Demo;
  let brief: Demo; // whose access tokens live for three seconds
  let page: DemoPage;

  beforeAll(async () => {
    [browser, demo, brief] = await Promise.all([
      chromium.launch({ executablePath: program as string, args: CHROMIUM_ARGS }),
      startDemo(),
      startDemo({ TOKEN_SECONDS: "3" }),
    ]);
  });

  afterEach(async () => {
    await page.page.close();
    expect(page.complaints).toEqual([]);
  });

  afterAll(async () => {
    await browser?.close();
    demo?.child.kill();
    brief?.child.kill();
  });

  it("goes through the story by the keyboard", async () => {
    page = await DemoPage.open(browser, demo.url);
    const steps = page.page.locator(".steps li");
    const done = page.page.locator(".steps .done");
    const step = async (said: string): Promise<void> => {
      const before = await done.count();
      expect(await steps.nth(before).getAttribute("aria-current")).toBe("step");
      await page.page.keyboard.press("Enter");
      await page.says(said);
      expect(await done.count()).toBe(before + 1);
    };
    await page.tabTo(page.page.getByRole("button", { name: "Do the next step" }));
    await step(`Laptop: ${BEGUN}`);
    await step(`Phone: ${BEGUN}`);
    expect(await page.known("sessions")).toEqual([
      expect.stringMatching(/^Phone, session …\w{4}: begun at /),
      expect.stringMatching(/^Laptop, session …\w{4}: begun at /),
    ]);
    await step("Laptop: GET /me → 200. Let in.");
    await step("The thief has the laptop’s refresh token. The laptop notices nothing.");
    expect(await page.stateOf("Thief")).toMatch(/^Holds the refresh token of session …\w{4}$/);
    await step(`Laptop: ${REFRESHED}`);
    const theft = "The service takes it for theft, and ends the session.";
    await step(`Thief: POST /refresh → 401. The session is over, log in again. ${theft}`);
    expect(await page.stateOf("Thief")).toBe("Holds no tokens");
    expect(await page.stateOf("Laptop")).toMatch(/^Holds tokens of session …\w{4}, which is over$/);
    expect(await page.known("thefts")).toEqual([
      expect.stringMatching(/^Laptop, session …\w{4}: a spent refresh token came again, so it was ended\.$/),
    ]);
    await step(`Laptop: ${REVOKED}`);
    await step(`Phone: ${REFRESHED}`);
    expect(await page.stateOf("Phone")).toMatch(/^Logged in: session …\w{4}$/);
    await step(`Laptop: ${BEGUN}`);
    await step("Phone: POST /logout/everywhere → 204. All sessions of the user are over.");
    expect(await page.known("sessions")).toEqual(["None."]);
    await step(`Laptop: ${REVOKED}`);
    expect(await page.exchangesOf("Laptop")).toEqual([
      "GET /me 401",
      "POST /login 200",
      "GET /me 401",
      "POST /refresh 200",
      "GET /me 200",
      "POST /login 200",
    ]);
    await page.tabTo(page.page.getByRole("button", { name: "Start over" }));
    await page.page.keyboard.press("Enter");
    await page.says("Follow the story, or press any button.");
    expect(await done.count()).toBe(0);
  });

  it("logs a device in and out, and shows what went over the wire without its secrets", async () => {
    page = await DemoPage.open(browser, demo.url);
    const answers: Record<string, string>[] = [];
    page.page.on("response", async (response) => {
      if (/login|refresh/.test(response.url()) && response.ok()) answers.push(await response.json());
    });
    await page.page.getByLabel("Password").fill("not the password");
    await page.press("Laptop", "Log in");
    await page.says("Laptop: POST /login → 401. Wrong login or password.");
    expect(await page.stateOf("Laptop")).toBe("Holds no tokens");
    await page.page.getByLabel("Password").fill("correct horse battery staple");
    await page.press("Laptop", "Log in");
    await page.says(`Laptop: ${BEGUN}`);
    await page.press("Laptop", "Call GET /me");
    await page.says("Laptop: GET /me → 200. Let in.");
    const exchanges = page.device("Laptop").locator(".exchanges");
    const called = await exchanges.locator("pre").first().textContent();
    expect(called).toMatch(/^GET \/me\nAuthorization: Bearer eyJhbG….{4}$/);
    const answered = (await exchanges.locator("pre").nth(1).textContent()) ?? "";
    expect(answered).toMatch(/^200 OK\nContent-Type: application\/json; charset=utf-8\n\n\{\n {2}"id": "user-1",\n/);
    await page.press("Laptop", "Refresh");
    await page.says(`Laptop: ${REFRESHED}`);
    await page.press("Laptop", "Log out");
    await page.says("Laptop: POST /logout → 204. This session is over.");
    await page.press("Laptop", "Call GET /me");
    await page.says("Laptop: GET /me → 401. Authentication is required.");
    await page.press("Thief", "Copy the laptop’s refresh token");
    await page.says("The laptop holds no refresh token to copy: log in there.");
    const shown = (await exchanges.textContent()) ?? "";
    expect(answers).toHaveLength(2);
    for (const { access_token = "", refresh_token = "" } of answers) {
      expect(shown).not.toContain(access_token.slice(0, 20));
      expect(shown).not.toContain(refresh_token.slice(0, 10));
    }
    expect(shown).not.toContain("horse");
    expect(shown).toContain('WWW-Authenticate: Bearer realm="api"');
  });

  it("takes an access token apart, and lets its clock run down", async () => {
    page = await DemoPage.open(browser, brief.url);
    const laptop = page.device("Laptop");
    await page.press("Laptop", "Log in");
    await page.says(`Laptop: ${BEGUN}`);
    expect(await laptop.getByRole("timer").textContent()).toMatch(/^[123] s left$/);
    const [header, payload, signature] = ((await laptop.locator(".raw").textContent()) ?? "").split(".");
    const claims = JSON.parse(Buffer.from(payload ?? "", "base64url").toString());
    const parts = (await laptop.locator("details.token pre").allTextContents()) as [string, string, string];
    expect(JSON.parse(parts[0])).toEqual(JSON.parse(Buffer.from(header ?? "", "base64url").toString()));
    expect(JSON.parse(parts[1])).toEqual(claims);
    expect(parts[2]).toBe(signature);
    expect(claims).toMatchObject({ sub: "user-1", scope: "orders:read" });
    await laptop.getByText("Expired", { exact: true }).waitFor();
    expect(await laptop.getByRole("progressbar").getAttribute("value")).toBe("0");
    await page.press("Laptop", "Call GET /me");
    await page.says("Laptop: GET /me → 401. The token has expired.");
    await page.press("Laptop", "Refresh");
    await page.says(`Laptop: ${REFRESHED}`);
    await laptop.getByText("Expired", { exact: true }).waitFor({ state: "hidden" });
  });

  it.each([
    [375, "light"],
    [768, "dark"],
    [1440, "light"],
  ] as const)("can be read at %i px, %s", async (width, colorScheme) => {
    const options = { viewport: { width, height: 700 }, colorScheme, reducedMotion: "reduce" } as const;
    page = await DemoPage.open(browser, demo.url, options);
    await page.press("Laptop", "Log in");
    await page.says(`Laptop: ${BEGUN}`);
    await page.press("Thief", "Refresh");
    await page.says("Thief: POST /refresh → 400. Send refresh_token as a non-empty string.");
    const looks = await page.page.evaluate<Looks>(LOOKS);
    expect(looks.overflow).toBeLessThanOrEqual(0);
    expect(looks.animations).toBe(0);
    expect(looks.faint).toEqual([]);
    expect(looks.isDark).toBe(colorScheme === "dark");
    expect(looks.besides).toBe(width >= 768);
    await page.page.emulateMedia({ reducedMotion: "no-preference" });
    await expect.poll(async () => (await page.page.evaluate<Looks>(LOOKS)).animations).toBeGreaterThan(0);
  });

  it("has a name for each control, and shows which one has the focus", async () => {
    page = await DemoPage.open(browser, demo.url);
    const names: string[] = [];
    for (let at = await page.page.locator("a, button, input, summary:visible").count(); at > 0; at -= 1) {
      await page.page.keyboard.press("Tab");
      const { name, outline } = await page.page.evaluate<{ name: string; outline: string }>(FOCUSED);
      names.push(name);
      expect(outline).toBe("solid 3px");
    }
    const owner = ["Log in", "Call GET /me", "Refresh", "Log out", "Log out everywhere"];
    const thief = ["Copy the laptop’s refresh token", "Refresh", "Call GET /me"];
    const first = ["To the devices", "Do the next step"];
    expect(names).toEqual([...first, ...owner, ...owner, ...thief, "Login", "Password"]);
  });

  it("lets a browser run and load nothing but its own", async () => {
    page = await DemoPage.open(browser, demo.url);
    const policy = (await fetch(demo.url)).headers.get("content-security-policy") ?? "";
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
    expect(policy).not.toMatch(/unsafe|\*|data:|https?:/);
    expect(await page.page.evaluate<boolean>(HIDE)).toBe(false);
    expect(page.complaints.splice(0)).toEqual([expect.stringContaining("Content Security Policy")]);
  });

  it("ends with Ctrl-C, which the page says", async () => {
    const short = await startDemo();
    page = await DemoPage.open(browser, short.url);
    const ended = once(short.child, "exit");
    short.child.kill("SIGINT");
    expect(await ended).toEqual([0, null]);
    await page.press("Laptop", "Call GET /me");
    await page.says("Laptop: GET /me → No answer. The demo seems to have ended.");
  });
});
