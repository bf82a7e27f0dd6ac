// Pages of `cdi report` in a real browser. `cargo xtask browser` makes them and starts this:
//
//   node checks.mjs CHROMIUM CDI FOLDER PAGES.json
//
// PAGES.json lists { name, page, arguments, verdict, off }: a page in FOLDER, the arguments of `cdi verify` that decide the same,
// what they say, and how many combinations of switches are compared with `cdi verify` about evidence that really lacks them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import puppeteer from "puppeteer-core";
import { accessible } from "./accessible.mjs";
import { keyboard } from "./keyboard.mjs";
import { picture } from "./picture.mjs";
import { switches } from "./switches.mjs";

const [chromium, cdi, folder, list] = process.argv.slice(2);
const pages = JSON.parse(readFileSync(list, "utf8"));
const WIDE = { width: 1200, height: 900 };
const NARROW = { width: 360, height: 740, isMobile: true, hasTouch: true };

const browser = await puppeteer.launch({
  executablePath: chromium,
  headless: true,
  // A container's root has no user namespaces for the sandbox.
  args: process.getuid() === 0 ? ["--no-sandbox"] : [],
});

/** A page of the browser, and everything that it complained of or asked for. */
async function opened(file, { script = true, scheme = "light", viewport = WIDE } = {}) {
  const page = await browser.newPage();
  const heard = [];
  const url = pathToFileURL(file).href;
  page.on("console", (message) => heard.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => heard.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => heard.push(`dialog: ${dialog.message()}`));
  page.on("request", (request) => {
    if (request.url().split("#")[0] !== url) heard.push(`request: ${request.url()}`);
  });
  await page.setViewport(viewport);
  await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: scheme }]);
  await page.setJavaScriptEnabled(script);
  await page.goto(url);
  return { page, heard, url };
}

const shown = (page, selector) =>
  page.$eval(selector, (element) => element.checkVisibility({ visibilityProperty: true })).catch(() => false);

const said = { allow: "Allowed", deny: "Denied", unknown: "Not decided" };

async function plain(one, file) {
  const { page, heard } = await opened(file);
  assert.equal(await page.title(), `${said[one.verdict]}: ${one.arguments[0]}`);
  assert.equal(await page.$eval(".verdict", (element) => element.textContent), said[one.verdict]);
  await page.screenshot({ path: join(folder, `${one.name}-light.png`), fullPage: true });
  await picture(page, one);
  await switches(page, one, { cdi, folder });
  await keyboard(page);
  assert.deepEqual(heard, [], `${one.name}: the browser complained`);
  await accessible(page, `${one.name}, light`);
  await page.close();
}

async function dark(one, file) {
  const { page, heard } = await opened(file, { scheme: "dark" });
  const paper = await page.$eval("body", (body) => getComputedStyle(body).backgroundColor.match(/\d+/g).map(Number));
  assert.ok(Math.max(...paper) < 64, `${one.name}: not dark: ${paper}`);
  await page.screenshot({ path: join(folder, `${one.name}-dark.png`), fullPage: true });
  assert.deepEqual(heard, []);
  await accessible(page, `${one.name}, dark`);
  await page.close();
}

async function narrow(one, file) {
  const { page, heard } = await opened(file, { viewport: NARROW });
  await page.evaluate(() => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
  const width = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(width <= NARROW.width, `${one.name}: ${width} pixels wide on a screen of ${NARROW.width}`);
  await page.goto(pathToFileURL(file).href);
  await page.screenshot({ path: join(folder, `${one.name}-narrow.png`), fullPage: true });
  assert.deepEqual(heard, []);
  await accessible(page, `${one.name}, narrow`);
  await page.close();
}

/** Without JavaScript the page is a document. */
async function without(one, file) {
  const { page, heard } = await opened(file, { script: false });
  assert.equal(await page.$eval(".verdict", (element) => element.textContent), said[one.verdict]);
  for (const selector of ["#switches", ".copy", ".tools", ".steer"]) {
    assert.ok(!(await shown(page, selector)), `${one.name}: ${selector} is there without a script`);
  }
  for (const selector of [".principal", ".singles table", "details.statement", "#picture svg"]) {
    assert.ok(await shown(page, selector), `${one.name}: no ${selector} without a script`);
  }
  await page.screenshot({ path: join(folder, `${one.name}-no-script.png`) });
  assert.deepEqual(heard, []);
  await page.close();
}

async function printed(one, file) {
  const { page, heard } = await opened(file);
  await page.emulateMediaType("print");
  for (const selector of ["#switches", "nav", ".tools", ".steer"]) {
    assert.ok(!(await shown(page, selector)), `${one.name}: ${selector} is printed`);
  }
  assert.ok((await page.pdf({ format: "A4" })).length > 10_000);
  assert.deepEqual(heard, []);
  await page.close();
}

/** What somebody gets into the page all the same does not run, and asks for nothing. */
async function injected(one, file) {
  const { page, heard } = await opened(file);
  // The browser tells why nothing came of a request: the policy is to be the reason, each time.
  const asked = [];
  const network = await page.createCDPSession();
  await network.send("Network.enable");
  network.on("Network.loadingFailed", ({ blockedReason, errorText }) => asked.push(blockedReason ?? errorText));
  network.on("Network.responseReceived", ({ response }) => asked.push(response.url));
  const ran = await page.evaluate(async () => {
    window.ran = [];
    const put = (name, members) => document.body.append(Object.assign(document.createElement(name), members));
    put("script", { textContent: "window.ran.push('script')" });
    put("script", { src: "https://example.invalid/x.js" });
    put("img", { src: "https://example.invalid/x.png" });
    put("iframe", { src: "https://example.invalid/" });
    put("link", { rel: "stylesheet", href: "https://example.invalid/x.css" });
    const element = document.createElement("p");
    element.setAttribute("onclick", "window.ran.push('handler')");
    document.body.append(element);
    element.click();
    // The debugger's own `eval` is free of the policy; that of a timer is the page's.
    setTimeout("window.ran.push('eval')", 0);
    await fetch("https://example.invalid/").catch(() => {});
    await new Promise((done) => setTimeout(done, 100));
    return window.ran;
  });
  assert.deepEqual(ran, [], `${one.name}: an injected script ran`);
  assert.ok(heard.some((line) => line.includes("Content Security Policy")), `${one.name}: ${heard}`);
  const blocked = ["csp", "net::ERR_BLOCKED_BY_CSP"];
  const others = asked.filter((told) => !blocked.includes(told) && !told.startsWith("data:") && !told.startsWith("chrome-error:"));
  assert.deepEqual(others, [], `${one.name}: something was asked for`);
  assert.ok(asked.some((told) => blocked.includes(told)));
  await page.close();
}

let failed = 0;
for (const one of pages) {
  const file = join(folder, one.page);
  for (const check of [plain, dark, narrow, without, printed, injected]) {
    const began = performance.now();
    try {
      await check(one, file);
      console.log(`ok    ${one.name}, ${check.name} (${((performance.now() - began) / 1000).toFixed(1)} s)`);
    } catch (error) {
      failed += 1;
      console.log(`FAIL  ${one.name}, ${check.name}: ${error.message}`);
    }
  }
}
await browser.close();
process.exit(failed === 0 ? 0 : 1);
