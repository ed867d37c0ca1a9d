/** A copy of one of the page's templates. */
export function copyOf(template) {
  return document.getElementById(template).content.firstElementChild.cloneNode(true);
}

/** The part of an element that has a name. */
export function part(root, name) {
  return root.querySelector(`[data-part="${name}"]`);
}

/** Writes texts into the parts of an element. */
export function write(root, texts) {
  for (const [name, text] of Object.entries(texts)) part(root, name).textContent = text;
}

/** An element with a text. */
export function element(name, text, className = "") {
  return Object.assign(document.createElement(name), { textContent: text, className });
}
