/** Copies one of the page's templates. */
export function copyOf(template) {
  return document.getElementById(template).content.firstElementChild.cloneNode(true);
}

/** Finds the part of an element by its name. */
export function part(root, name) {
  return root.querySelector(`[data-part="${name}"]`);
}

/** Writes texts into the parts of an element. */
export function write(root, texts) {
  for (const [name, text] of Object.entries(texts)) part(root, name).textContent = text;
}

/** Creates an element with a text. */
export function element(name, text, className = "") {
  return Object.assign(document.createElement(name), { textContent: text, className });
}
