const steps = [...document.querySelectorAll("[data-step]")];

mark();

/** Gives the next step: which device does what, and the status of the answer. `null` at the end. */
export function nextStep() {
  const step = steps.find((it) => it.className !== "done");
  if (step === undefined) return null;
  const [device, action, status] = step.dataset.step.split(" ");
  return { device, action, status: Number(status) };
}

/** Marks the next step as done, if it is what has happened. */
export function advance(...happened) {
  const step = steps.find((it) => it.className !== "done");
  if (step?.dataset.step === happened.join(" ")) step.className = "done";
  mark();
}

function mark() {
  const next = steps.find((it) => it.className !== "done");
  for (const step of steps) step.removeAttribute("aria-current");
  next?.setAttribute("aria-current", "step");
}
