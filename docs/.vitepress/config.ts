import { defineConfig, type UserConfig } from "vitepress";
import { linkOnSite, REPOSITORY, ROOT_PAGES, SITE } from "./links.ts";
import { referenceSidebar, sidebar } from "./sidebar.ts";
import { slug } from "./slug.ts";

const config: UserConfig = defineConfig({
  title: "hallpass",
  description: "Token auth for any Node backend: log in, be recognised, refresh, log out.",
  base: new URL(SITE).pathname,
  lang: "en-GB",
  cleanUrls: true,
  head: [["link", { rel: "icon", href: `${new URL(SITE).pathname}favicon.svg`, type: "image/svg+xml" }]],
  sitemap: { hostname: SITE },
  markdown: {
    anchor: { slugify: slug },
    theme: { light: "github-light-high-contrast", dark: "github-dark" },
    config(markdown) {
      markdown.core.ruler.push("links", ({ tokens, env }) => {
        for (const token of tokens.flatMap(({ children }) => children ?? [])) {
          const href = token.attrGet("href");
          if (token.type === "link_open" && href !== null) token.attrSet("href", linkOnSite(href, env.relativePath));
        }
      });
    },
  },
  transformPageData({ relativePath, frontmatter }) {
    const isMade = relativePath.startsWith("reference/") || Object.values(ROOT_PAGES).includes(`/${relativePath}`);
    if (isMade) frontmatter.editLink = false; // from the source, or from a file elsewhere
  },
  themeConfig: {
    logo: "/favicon.svg",
    nav: [
      { text: "Guides", link: "/guides/getting-started-express" },
      { text: "Recipes", link: "/recipes/registration" },
      { text: "Reference", link: "/reference/" },
      { text: "Architecture", link: "/architecture/layers" },
    ],
    sidebar: { "/reference/": referenceSidebar(), "/": sidebar() },
    search: { provider: "local" },
    socialLinks: [{ icon: "github", link: REPOSITORY }],
    editLink: { pattern: `${REPOSITORY}/edit/main/docs/:path`, text: "Edit this page" },
    outline: [2, 3],
    footer: { message: "MIT licence" },
  },
});

export default config;
