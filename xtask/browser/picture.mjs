// The picture can be moved and opened, with the mouse and without.

import assert from "node:assert/strict";

const width = (page) => page.$eval(".frame svg", (svg) => svg.getBoundingClientRect().width);
const scrolled = (page) => page.$eval(".frame", (frame) => [frame.scrollLeft, frame.scrollTop]);
const shown = (page) => page.$eval("#node", (panel) => !panel.hidden);
const focus = (page) => page.evaluate(() => document.activeElement.id);

export async function picture(page, one) {
  // Sizes, by keys and by buttons.
  await page.focus(".frame");
  const first = await width(page);
  await page.keyboard.press("+");
  assert.ok((await width(page)) > first * 1.2, "+ makes it larger");
  await page.keyboard.press("-");
  assert.ok(Math.abs((await width(page)) - first) < 1, "- makes it smaller again");
  for (let at = 0; at < 6; at += 1) await page.click("#larger");
  assert.ok((await width(page)) > first * 3);
  const before = await scrolled(page);
  await page.focus(".frame");
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction((left) => document.querySelector(".frame").scrollLeft !== left, {}, before[0]);
  const frame = await (await page.$(".frame")).boundingBox();
  const middle = [frame.x + frame.width / 2, frame.y + Math.min(frame.height, 300) / 2];
  const dragged = await scrolled(page);
  await page.mouse.move(...middle);
  await page.mouse.down();
  await page.mouse.move(middle[0] - 80, middle[1] - 20, { steps: 4 });
  await page.mouse.up();
  assert.ok((await scrolled(page))[0] > dragged[0], "the mouse drags it");
  assert.equal(await shown(page), false, "dragging opens nothing");
  await page.focus(".frame");
  await page.keyboard.press("0");
  assert.ok((await width(page)) <= frame.width + 1, "0 makes it fit");

  // Nodes, by keys: Enter opens, Escape goes back.
  await page.$eval(".frame .node[tabindex='0']", (node) => node.focus());
  const start = await focus(page);
  await page.keyboard.press("ArrowRight");
  const next = await focus(page);
  assert.notEqual(next, start);
  await page.keyboard.press("Enter");
  assert.equal(await shown(page), true);
  assert.equal(await focus(page), "node");
  await page.keyboard.press("Escape");
  assert.equal(await shown(page), false);
  assert.equal(await focus(page), next);

  // A certification by the mouse: its statement, and its switch.
  const certification = await page.$(".frame .node.certification");
  await certification.click();
  assert.equal(await shown(page), true);
  const verdict = () => page.$eval("#supposed", (supposed) => supposed.dataset.verdict);
  assert.equal(await verdict(), one.verdict);
  const [toggle] = await page.$$("#node button");
  await toggle.click();
  assert.equal(await page.$$eval(".frame .node.off", (all) => all.length), 1);
  await toggle.click();
  assert.equal(await page.$$eval(".frame .node.off", (all) => all.length), 0);
  await page.click("#node a[href^='#s-']");
  await page.waitForFunction(() => document.querySelector("details.statement[open]"));
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "SUMMARY");

  // The whole window, and back.
  await page.click("#whole");
  assert.equal(await page.$eval("#picture", (section) => section.classList.contains("whole")), true);
  await page.keyboard.press("Escape");
  assert.equal(await page.$eval("#picture", (section) => section.classList.contains("whole")), false);
}
