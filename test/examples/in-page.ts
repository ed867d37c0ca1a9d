// Code that runs in a page, as text: the types of a browser are not those of the rest here.

/** What the styles of a page come to. */
export interface Looks {
  /** Pixels that are wider than the window. */
  readonly overflow: number;
  readonly animations: number;
  /** Texts with a contrast below 4.5 (WCAG 2.2, 1.4.3). */
  readonly faint: readonly string[];
  readonly isDark: boolean;
  /** Whether the two devices stand side by side. */
  readonly besides: boolean;
}

/** Answers with {@link Looks}. */
export const LOOKS = `(() => {
  const numbers = (color) => color.match(/[\\d.]+/g).map(Number);
  const linear = (part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
  const luminance = (color) => {
    const [red, green, blue] = numbers(color).map((part) => linear(part / 255));
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ground = (element) => {
    const { backgroundColor } = getComputedStyle(element);
    return numbers(backgroundColor)[3] === 0 ? ground(element.parentElement) : backgroundColor;
  };
  const contrast = (element) => {
    const [dark, light] = [getComputedStyle(element).color, ground(element)].map(luminance).sort((a, b) => a - b);
    return (light + 0.05) / (dark + 0.05);
  };
  const hasText = (element) => [...element.childNodes].some(({ nodeType, data }) => nodeType === 3 && data.trim() !== "");
  const texts = [...document.querySelectorAll("body *")].filter((it) => it.checkVisibility() && hasText(it));
  const top = (id) => document.getElementById(id).getBoundingClientRect().top;
  return {
    overflow: document.documentElement.scrollWidth - innerWidth,
    animations: document.getAnimations().length,
    faint: texts.filter((it) => contrast(it) < 4.5).map((it) => it.textContent + ": " + contrast(it)),
    isDark: luminance(ground(document.body)) < 0.2,
    besides: top("laptop") === top("phone"),
  };
})()`;

/** Answers with the name of what has the focus, and how that is shown. */
export const FOCUSED = `(() => {
  const { labels, textContent } = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(document.activeElement);
  return { name: labels?.[0]?.textContent || textContent, outline: outlineStyle + " " + outlineWidth };
})()`;

/** Hides the page by a style of its own, and answers with whether that worked. */
export const HIDE = `(() => {
  const style = document.createElement("style");
  style.textContent = "body { display: none }";
  document.head.append(style);
  return getComputedStyle(document.body).display === "none";
})()`;
