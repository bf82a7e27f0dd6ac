// What axe finds: contrast, names, roles, order.

import assert from "node:assert/strict";
import axe from "axe-core";

export async function accessible(page, what) {
  // What is folded is looked at too.
  await page.evaluate(() => {
    for (const details of document.querySelectorAll("details")) details.open = true;
  });
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const { violations } = await window.axe.run(document, { runOnly: tags });
    return violations.map(({ id, help, nodes }) => {
      const first = nodes.slice(0, 3).map((node) => `${node.target.join(" ")}: ${node.failureSummary}`);
      return `${id}: ${help} (${nodes.length})\n    ${first.join("\n    ")}`;
    });
  });
  assert.deepEqual(found, [], `${what}: axe found\n${found.join("\n")}\n`);
}
