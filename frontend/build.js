// Writes static/vendor/: the design system's style sheet, the font and two scripts, with their
// licences.

import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as sass from "sass";

const here = dirname(fileURLToPath(import.meta.url));
const vendor = join(here, "..", "static", "vendor");
const designSystem = join(here, "node_modules", "@appuniversum", "ember-appuniversum");
const font = join(here, "node_modules", "@fontsource-variable", "source-sans-3");

function version(folder) {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")).version;
}

function freshFolder(name) {
  const folder = join(vendor, name);
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  return folder;
}

function buildDesignSystem() {
  const { css } = sass.compile(join(here, "design-system.scss"), {
    style: "compressed",
    loadPaths: [join(designSystem, "styles")],
    // The package is written with @import; it is pinned, so the warning tells us nothing.
    silenceDeprecations: ["import"],
    quietDeps: true,
  });
  if (css.includes("@font-face")) {
    throw new Error("The design system's fonts are not free and may not be in its style sheet.");
  }
  if (/url\((?!["']?data:)/.test(css)) {
    throw new Error("The style sheet names a file that is not delivered with it.");
  }
  const folder = freshFolder("appuniversum");
  writeFileSync(join(folder, "appuniversum.css"), `${css}\n`);
  copyFileSync(join(designSystem, "LICENSE.md"), join(folder, "LICENSE.md"));
}

// Arial, stretched to the measures of Source Sans 3, so that nothing moves when the font arrives.
const fallback = `@font-face {
  font-family: "Source Sans 3 Fallback";
  src: local("Arial"), local("Liberation Sans");
  size-adjust: 93.76%;
  ascent-override: 109.21%;
  descent-override: 42.66%;
  line-gap-override: 0%;
}
`;

function buildFont() {
  const folder = freshFolder("source-sans-3");
  const rules = ["wght.css", "wght-italic.css"]
    .flatMap((name) => readFileSync(join(font, name), "utf8").match(/@font-face \{[^}]*\}/g))
    .filter((rule) => /source-sans-3-latin(-ext)?-wght/.test(rule))
    .map((rule) => rule.replace("./files/", ""));
  if (rules.length !== 4) {
    throw new Error(`Expected Latin and Latin Extended, upright and italic; got ${rules.length}.`);
  }
  for (const rule of rules) {
    const [, name] = rule.match(/url\(([^)]+)\)/);
    copyFileSync(join(font, "files", name), join(folder, name));
  }
  writeFileSync(join(folder, "source-sans-3.css"), `${rules.join("\n\n")}\n\n${fallback}`);
  copyFileSync(join(font, "LICENSE"), join(folder, "LICENSE"));
}

// Taken as they are published: minified, without a source map.
function copyScript(name, script) {
  const folder = freshFolder(name.replace(/\.org$/, ""));
  const source = join(here, "node_modules", name);
  copyFileSync(join(source, script), join(folder, basename(script)));
  // Git keeps ends of lines one way, so they are written that way.
  const licence = readFileSync(join(source, "LICENSE"), "utf8").replaceAll("\r\n", "\n");
  writeFileSync(join(folder, "LICENSE"), licence);
}

function writeRecord() {
  writeFileSync(
    join(vendor, "README.md"),
    `# What others made

Written by \`npm run build\` in \`frontend/\`; do not edit by hand.

| folder | what | version | licence |
| --- | --- | --- | --- |
| \`appuniversum/\` | style sheet of [Appuniversum](https://appuniversum.github.io/ember-appuniversum), the design system of Flemish government applications; compiled by us, without its fonts | @appuniversum/ember-appuniversum ${version(designSystem)} | MIT, \`appuniversum/LICENSE.md\` |
| \`source-sans-3/\` | [Source Sans 3](https://github.com/adobe-fonts/source-sans), Latin and Latin Extended, variable weight | @fontsource-variable/source-sans-3 ${version(font)} | SIL Open Font License 1.1, \`source-sans-3/LICENSE\` |
| \`htmx/\` | [htmx](https://htmx.org/), which renews part of a page | htmx.org ${version(join(here, "node_modules", "htmx.org"))} | 0BSD, \`htmx/LICENSE\` |
| \`sortablejs/\` | [SortableJS](https://sortablejs.github.io/Sortable/), dragging in a list | sortablejs ${version(join(here, "node_modules", "sortablejs"))} | MIT, \`sortablejs/LICENSE\` |
`,
  );
}

buildDesignSystem();
buildFont();
copyScript("htmx.org", "dist/htmx.min.js");
copyScript("sortablejs", "Sortable.min.js");
writeRecord();
