// Everything that can be used can be reached with the keyboard, is seen to have the focus, and lets it go again.

import assert from "node:assert/strict";

const MOST = 2_000;

export async function keyboard(page) {
  // From the beginning: where the focus was last would be the start otherwise.
  const url = page.url().split("#")[0];
  await page.goto("about:blank");
  await page.goto(url);
  await page.evaluate(() => {
    // A number for each thing that can be used and is seen.
    const usable = "a[href], button, input, summary, pre[tabindex='0'], [role='region'][tabindex='0'], svg [tabindex='0']";
    let count = 0;
    for (const element of document.querySelectorAll(usable)) {
      if (element.checkVisibility({ contentVisibilityAuto: true })) element.dataset.number = count++;
    }
    window.usable = count;
  });
  const reached = new Set();
  for (let at = 0; at < MOST; at += 1) {
    await page.keyboard.press("Tab");
    const focus = await page.evaluate(() => {
      const element = document.activeElement;
      if (!element || element === document.body) return null;
      const styled = element.matches(".switch") ? element.nextElementSibling : element;
      const style = getComputedStyle(styled);
      const box = styled.getBoundingClientRect();
      const ring = element.closest("svg") && element.matches(".node") ? "solid" : style.outlineStyle;
      return {
        what: element.outerHTML.slice(0, 120),
        number: element.dataset.number,
        ring: ring !== "none",
        inside: box.width > 0 && box.bottom > 0 && box.top < innerHeight,
      };
    });
    if (!focus || reached.has(focus.number)) break;
    assert.ok(focus.ring, `no ring around the focus: ${focus.what}`);
    assert.ok(focus.inside, `the focus is out of sight: ${focus.what}`);
    if (focus.number !== undefined) reached.add(focus.number);
  }
  const missing = await page.evaluate(
    (reached) =>
      [...document.querySelectorAll("[data-number]")]
        .filter((element) => !reached.includes(element.dataset.number))
        .map((element) => element.outerHTML.slice(0, 160)),
    [...reached],
  );
  assert.deepEqual(missing, [], "the keyboard does not reach these");
  assert.ok(reached.size > 10, `only ${reached.size} things can be used`);

  // A statement opens with Enter, and Escape closes it from within.
  await page.focus("details.statement summary");
  await page.keyboard.press("Enter");
  const open = () => page.$eval("details.statement", (details) => details.open);
  assert.equal(await open(), true);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Escape");
  assert.equal(await open(), false);
  assert.equal(await page.evaluate(() => document.activeElement.tagName), "SUMMARY");
}
