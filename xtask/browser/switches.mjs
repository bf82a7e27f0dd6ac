// What the page supposes is what `cdi verify` decides about a bundle that really lacks these lines.

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Whether a line goes with a certification or an authority, by its own members. */
function goes(line, id) {
  let statement;
  let payload;
  try {
    payload = Buffer.from(JSON.parse(line).payload, "base64");
    statement = JSON.parse(payload);
  } catch {
    return false;
  }
  const endorses = /endorsement\/v1$/.test(statement.predicateType) && statement.subject[0].digest.sha256 === id;
  const itself = createHash("sha256").update(payload).digest("hex") === id;
  return itself || endorses || statement.predicate.issuer === id;
}

function verified(one, ids, { cdi, folder }) {
  const [artifact, ...rest] = one.arguments;
  const lines = one.bundles.flatMap((bundle) => readFileSync(join(folder, bundle), "utf8").split("\n"));
  const kept = lines.filter((line) => line.trim() && !ids.some((id) => goes(line, id)));
  const reduced = join(folder, "reduced.intoto.jsonl");
  writeFileSync(reduced, kept.map((line) => `${line}\n`).join(""));
  const words = ["verify", artifact, ...rest, "--bundle", reduced, "--output", "json"];
  const { stdout, stderr } = spawnSync(cdi, words, { cwd: folder, encoding: "utf8" });
  assert.ok(stdout, `cdi ${words.join(" ")}: ${stderr}`);
  const decided = JSON.parse(stdout);
  const failures = decided.principals.flatMap((principal) =>
    principal.failures.map((failed) => `${principal.name}: ${failed.requirement} ${failed.code}`),
  );
  return { verdict: decided.verdict, failures };
}

const panel = (page) =>
  page.evaluate(() => {
    const supposed = document.getElementById("supposed");
    const failures = [...supposed.querySelectorAll(":scope > ul > li")].flatMap((principal) =>
      [...principal.querySelectorAll("li")].map(
        (failure) => `${principal.firstChild.textContent}${failure.textContent}`,
      ),
    );
    return { verdict: supposed.dataset.verdict, failures };
  });

export async function switches(page, one, where) {
  const data = await page.$eval("#what-if-data", (element) => JSON.parse(element.textContent));
  const count = data.ids.length;
  assert.equal(await page.$$eval(".switch", (all) => all.length), count);
  assert.equal((await panel(page)).verdict, one.verdict);
  // Spread over all that were computed; the same ones every time.
  const keys = Object.keys(data.combinations);
  const step = Math.max(1, Math.floor(keys.length / one.off));
  const some = new Set(["", ...keys.filter((_, at) => at % step === 0)]);
  const verdicts = new Set();
  for (const key of some) {
    const off = key === "" ? [] : key.split(",").map(Number);
    await page.focus("#all-on");
    await page.keyboard.press("Enter");
    for (const at of off) {
      await page.focus(`.switch[data-at="${at}"]`);
      await page.keyboard.press("Space");
    }
    await page.waitForFunction((most) => document.querySelectorAll(".switch:checked").length === most, {}, off.length);
    const shown = await panel(page);
    const decided = verified(one, off.map((at) => data.ids[at]), where);
    assert.deepEqual(shown, decided, `${one.name}: without ${key}`);
    verdicts.add(shown.verdict);
  }
  assert.ok(verdicts.size > 1 || one.verdict !== "allow", `${one.name}: no switch changes anything`);
  await page.focus(".switch");
  await page.keyboard.press("Escape");
  await page.waitForFunction(() => document.querySelectorAll(".switch:checked").length === 0);
  // A combination that nobody computed is said to be none, with the command that computes it.
  const all = Object.keys(data.combinations).length === 2 ** count;
  if (!all) {
    await page.$$eval(".switch", (every) => every.forEach((one) => one.click()));
    assert.equal((await panel(page)).verdict, "not-computed");
    const command = await page.$eval("#supposed .command", (element) => element.textContent);
    assert.ok(data.ids.every((id) => command.includes(` --what-if ${id}`)), command);
    await page.focus("#all-on");
    await page.keyboard.press("Enter");
  }
}
