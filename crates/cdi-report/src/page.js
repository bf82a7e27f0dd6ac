// What the page does beyond being read. Nothing is decided here: outcomes were computed before the page was written, and
// are looked up by what is off. Every text goes in as text.
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const element = (name, text, className) => {
    const made = document.createElement(name);
    if (text !== undefined) made.textContent = text;
    if (className) made.className = className;
    return made;
  };
  const tell = (text) => {
    byId("told").textContent = text;
  };

  // Switches.
  const form = byId("switches");
  const data = JSON.parse(byId("what-if-data").textContent);
  const signs = { allow: "✓", deny: "✕", unknown: "?" };
  const badge = (verdict) => {
    const made = element("span", undefined, "badge " + verdict);
    const sign = element("span", signs[verdict]);
    sign.setAttribute("aria-hidden", "true");
    made.append(sign, " " + verdict);
    return made;
  };
  const off = () => [...document.querySelectorAll(".switch:checked")].map((one) => one.dataset.at);
  const show = () => {
    const supposed = byId("supposed");
    const positions = off();
    const key = positions.join(",");
    const at = Object.hasOwn(data.combinations, key) ? data.combinations[key] : undefined;
    supposed.replaceChildren();
    supposed.dataset.verdict = at === undefined ? "not-computed" : data.outcomes[at].verdict;
    if (at === undefined) {
      supposed.append(element("p", "This combination was not computed. This command makes a page that has it:"));
      const command = data.command + positions.map((one) => " --what-if " + data.ids[one]).join("");
      supposed.append(element("code", command, "command"));
      return;
    }
    const outcome = data.outcomes[at];
    const heading = element("h3", positions.length ? "It would be " : "As it was decided: ");
    heading.append(badge(outcome.verdict));
    const list = element("ul");
    for (const principal of outcome.principals) {
      const item = element("li", principal.name + ": ");
      item.append(badge(principal.verdict));
      if (principal.failures.length) {
        const failures = element("ul");
        for (const [requirement, code] of principal.failures) {
          const failure = element("li", requirement + " ");
          failure.append(element("code", code, "code"));
          failures.append(failure);
        }
        item.append(failures);
      }
      list.append(item);
    }
    supposed.append(heading, list);
  };
  if (form) {
    form.hidden = false;
    // A browser that comes back to a page may have kept what was switched.
    form.reset();
    form.addEventListener("change", show);
    form.addEventListener("reset", () => setTimeout(show));
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("keydown", (event) => {
      if (event.key === "Escape") form.reset();
    });
    show();
  }

  // Statements: a link opens what it leads to, Escape closes what is open around the focus.
  const follow = () => {
    const target = location.hash.length > 1 ? byId(location.hash.slice(1)) : null;
    if (target instanceof HTMLDetailsElement) {
      target.open = true;
      target.scrollIntoView();
      target.querySelector("summary").focus({ preventScroll: true });
    }
  };
  addEventListener("hashchange", follow);
  document.addEventListener("click", (event) => {
    const link = event.target.closest && event.target.closest('a[href^="#"]');
    // The same link a second time changes no hash.
    if (link && link.getAttribute("href") === location.hash) setTimeout(follow);
  });
  follow();
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    const around = event.target.closest && event.target.closest("details.statement[open], details.answer[open]");
    if (around) {
      around.open = false;
      around.querySelector("summary").focus();
    }
  });
  const every = (open) => () => {
    for (const statement of document.querySelectorAll("details.statement")) statement.open = open;
    tell(open ? "All statements are open" : "All statements are closed");
  };
  for (const tools of document.querySelectorAll(".tools")) tools.hidden = false;
  if (byId("open-all")) {
    byId("open-all").addEventListener("click", every(true));
    byId("close-all").addEventListener("click", every(false));
  }

  // Copying: the clipboard where the browser gives it, a selection where not.
  const select = (text) => {
    const range = document.createRange();
    range.selectNodeContents(text);
    const selection = getSelection();
    selection.removeAllRanges();
    selection.addRange(range);
  };
  for (const button of document.querySelectorAll(".copy")) {
    button.hidden = false;
    button.addEventListener("click", async () => {
      const text = button.parentElement.querySelector("pre code");
      try {
        await navigator.clipboard.writeText(text.textContent);
        tell("Copied");
      } catch {
        select(text);
        tell("Selected: copy it with the keyboard");
      }
    });
  }
})();
