// What Lighthouse says of pages. Takes on standard input
//   {"chromium": path, "categories": [name …], "pages": [{"name", "url", "headers"} …]}
// and gives for each page its scores from 0 to 100, and which audits it fails.
import { text } from "node:stream/consumers";
import { launch } from "chrome-launcher";
import lighthouse from "lighthouse";

const { chromium, categories, pages } = JSON.parse(await text(process.stdin));
const chrome = await launch({
  chromePath: chromium,
  chromeFlags: [
    "--headless=new",
    "--no-sandbox",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
  ],
});

const judge = async (url, headers) => {
  const { lhr } = await lighthouse(url, {
    port: chrome.port,
    onlyCategories: categories,
    extraHeaders: headers,
    disableFullPageScreenshot: true,
    logLevel: "error",
  });
  return lhr;
};

const report = [];
for (const { name, url, headers } of pages) {
  let lhr = await judge(url, headers);
  // On a busy machine it now and then records nothing, and asks to be run again.
  for (let again = 0; lhr.runtimeError && again < 2; again += 1) lhr = await judge(url, headers);
  if (lhr.runtimeError) throw new Error(`${name}: ${lhr.runtimeError.message}`);
  const scores = {};
  const failed = {};
  for (const [id, category] of Object.entries(lhr.categories)) {
    scores[id] = Math.round(category.score * 100);
    failed[id] = category.auditRefs
      .filter(({ id, weight }) => weight && lhr.audits[id].score !== null && lhr.audits[id].score < 0.9)
      .map(({ id }) => `${id}: ${lhr.audits[id].displayValue ?? lhr.audits[id].title}`);
  }
  report.push({ name, scores, failed });
}
chrome.kill();
console.log(JSON.stringify(report));
