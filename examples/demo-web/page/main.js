import { Device } from "./device.js";
import { copyOf, element, part, write } from "./dom.js";
import { showExchange } from "./exchange.js";
import { showService, showState } from "./service.js";
import { advance, nextStep } from "./story.js";
import { showClock, showToken } from "./token.js";

const ACTIONS = {
  login: ["Log in", "A session has begun."],
  call: ["Call GET /me", "Let in."],
  refresh: ["Refresh", "Two new tokens; the refresh token that was sent is spent."],
  logout: ["Log out", "This session is over."],
  everywhere: ["Log out everywhere", "All sessions of the user are over."],
  copy: ["Copy the laptop’s refresh token", ""],
};
const OWNER = ["login", "call", "refresh", "logout", "everywhere"];
const THIEF = ["copy", "refresh", "call"];

const devices = [new Device("laptop", "Laptop"), new Device("phone", "Phone"), new Device("thief", "Thief")];
const [laptop, phone, thief] = devices;
const views = new Map(devices.map((device) => [device, viewOf(device)]));
document.getElementById("devices").prepend(views.get(laptop), views.get(phone));
document.getElementById("others").prepend(views.get(thief));

let isBusy = false;
let thefts = await showService(devices);
show();

const next = document.getElementById("next");
next.addEventListener("click", () => alone(doNextStep));
document.getElementById("user").addEventListener("submit", (event) => event.preventDefault());
setInterval(() => {
  for (const [device, view] of views) showClock(view, device.tokens);
}, 200);

function viewOf(device) {
  const view = copyOf("device");
  view.id = device.id;
  view.setAttribute("aria-label", device.name);
  write(view, { name: device.name });
  part(view, "apart").open = matchMedia("(min-width: 48rem)").matches;
  for (const action of device.id === "thief" ? THIEF : OWNER) {
    const button = Object.assign(element("button", ACTIONS[action][0]), { type: "button" });
    button.addEventListener("click", () => alone(() => act(device, action)));
    part(view, "buttons").append(button);
  }
  return view;
}

/** Runs one action at a time: a refresh token that is sent twice counts as stolen. */
async function alone(work) {
  if (isBusy) return;
  isBusy = true;
  await work().finally(() => {
    isBusy = false;
  });
}

async function doNextStep() {
  const step = nextStep();
  if (step === null) return location.reload();
  const device = devices.find(({ id }) => id === step.device);
  const needsAccess = step.status < 300 && ["call", "everywhere"].includes(step.action);
  if (needsAccess && device.isExpired()) await act(device, "refresh"); // as a client does
  await act(device, step.action);
}

async function act(device, action) {
  if (action === "copy") return copy();
  const exchange = await device[action](credentials());
  showExchange(part(views.get(device), "exchanges"), exchange);
  const before = thefts;
  thefts = await showService(devices);
  advance(device.id, action, exchange.status);
  const noticed = thefts > before ? " The service takes it for theft, and ends the session." : "";
  const { method, path, status, statusText } = exchange;
  say(`${device.name}: ${method} ${path} → ${status || statusText}. ${outcome(action, exchange)}${noticed}`);
}

function copy() {
  if (laptop.tokens.refresh === undefined) return say("The laptop holds no refresh token to copy: log in there.");
  thief.copy(laptop);
  advance("thief", "copy", 200);
  say("The thief has the laptop’s refresh token. The laptop notices nothing.");
}

function outcome(action, { status, data }) {
  return status >= 200 && status < 300 ? ACTIONS[action][1] : `${data.message}.`;
}

function say(text) {
  document.getElementById("said").textContent = text;
  if (nextStep() === null) next.textContent = "Start over";
  show();
}

function show() {
  for (const [device, view] of views) {
    showState(view, device);
    showToken(view, device.tokens);
    showClock(view, device.tokens);
  }
}

function credentials() {
  const [login, password] = ["login", "password"].map((id) => document.getElementById(id).value);
  return { login, password };
}
