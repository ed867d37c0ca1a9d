import { fetchProtected, logIn, logOut, refresh } from "./session.js";

const form = document.querySelector("form");
const inside = document.querySelector("#inside");
const askButton = document.querySelector("#ask");
const said = document.querySelector("output");

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const { login, password } = form.elements;
  attempt(async () => {
    const isGood = await logIn(login.value, password.value);
    show(isGood, isGood ? "You are logged in." : "The login or the password is wrong.");
  });
});

askButton.addEventListener("click", () => {
  attempt(async () => {
    const response = await fetchProtected("/me");
    const { userId, until, message } = await response.json();
    if (response.status === 401) show(false, "The session has ended: log in again.");
    else say(response.ok ? `${userId}, by a token until ${new Date(until).toLocaleTimeString()}.` : message);
  });
});

document.querySelector("#leave").addEventListener("click", () => {
  attempt(async () => {
    await logOut();
    show(false, "You are logged out.");
  });
});

// The cookie survives a reload, so a user with a session is logged in at once.
attempt(async () => {
  const isGood = await refresh();
  show(isGood, isGood ? "Your session goes on." : "Log in to begin.");
});

async function attempt(work) {
  await work().catch((error) => say(`That did not work: ${error.message}. Try again.`));
}

function show(isInside, text) {
  form.hidden = isInside;
  inside.hidden = !isInside;
  // Keyboard users continue with the element that has appeared.
  (isInside ? askButton : form.elements.login).focus();
  say(text);
}

function say(text) {
  said.textContent = text;
}
