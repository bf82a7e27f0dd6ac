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
    dim();
    const key = positions.join(",");
    const at = Object.hasOwn(data.combinations, key) ? data.combinations[key] : undefined;
    supposed.replaceChildren();
    byId("not-decided").hidden = positions.length === 0;
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
  // The picture: its size and place, and what stands behind its nodes.
  const frame = document.querySelector(".frame");
  const svg = frame && frame.querySelector("svg");
  const nodes = svg ? [...svg.querySelectorAll("g.node[id]")] : [];
  const panel = byId("node");
  const SMALLEST = 0.05;
  const LARGEST = 4;
  let scale = 1;
  /** Draws the picture at another size; what is in the middle, or at this point of the frame, stays there. */
  const resize = (wanted, x = frame.clientWidth / 2, y = frame.clientHeight / 2) => {
    const { width, height } = svg.viewBox.baseVal;
    const next = Math.min(LARGEST, Math.max(SMALLEST, wanted));
    const left = ((frame.scrollLeft + x) / scale) * next - x;
    const top = ((frame.scrollTop + y) / scale) * next - y;
    svg.setAttribute("width", width * next);
    svg.setAttribute("height", height * next);
    scale = next;
    frame.scrollTo(left, top);
  };
  const fitting = () => Math.min(1, (frame.clientWidth - 2) / svg.viewBox.baseVal.width);
  const whole = (on) => {
    byId("picture").classList.toggle("whole", on);
    byId("whole").setAttribute("aria-pressed", String(on));
  };
  const about = (id) => [...document.querySelectorAll("details.statement")].filter(
    (statement) => statement.id === "s-" + id || (statement.dataset.about || "").split(" ").includes(id),
  );
  const close = () => {
    panel.hidden = true;
    for (const other of nodes) other.classList.remove("chosen");
  };
  const open = (node) => {
    const told = (node.querySelector("title") || node).textContent.trim().split("\n");
    const { id } = node.dataset;
    close();
    node.classList.add("chosen");
    panel.replaceChildren(element("h3", told.shift()));
    panel.append(...told.map((line) => element("p", line, line.startsWith(" ") ? "inner" : "")));
    const statements = id ? about(id) : [];
    if (statements.length) {
      const list = element("ul");
      for (const statement of statements.slice(0, 20)) {
        const link = element("a", statement.querySelector(".kind").textContent);
        link.href = "#" + statement.id;
        const item = element("li");
        item.append(link, " " + statement.querySelector(".says").textContent);
        list.append(item);
      }
      panel.append(element("p", "Statements about it, and by it:", "quiet"), list);
      if (statements.length > 20) panel.append(element("p", `${statements.length - 20} more are left out here.`, "left-out"));
    }
    const at = data.ids.indexOf(id);
    if (at >= 0) {
      const toggle = element("button", "Switch it off, or on again");
      toggle.type = "button";
      toggle.addEventListener("click", () => {
        document.querySelector(`.switch[data-at="${at}"]`).click();
        tell("It would be: " + byId("supposed").dataset.verdict);
      });
      panel.append(toggle, " ");
    }
    const closing = element("button", "Close");
    closing.type = "button";
    closing.addEventListener("click", () => back(node));
    panel.append(closing);
    panel.dataset.of = node.id;
    panel.hidden = false;
    panel.focus({ preventScroll: true });
    panel.scrollIntoView({ block: "nearest" });
  };
  const back = (node) => {
    close();
    node.focus();
  };
  const go = (from, to) => {
    const next = nodes[(to + nodes.length) % nodes.length];
    nodes[from].tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
    next.scrollIntoView({ block: "nearest", inline: "nearest" });
  };
  const dim = () => {
    const gone = new Set(off().map((at) => data.ids[at]));
    for (const node of nodes) node.classList.toggle("off", gone.has(node.dataset.id));
  };
  if (svg) {
    document.querySelector(".steer").hidden = false;
    resize(Math.max(fitting(), 0.55));
    frame.scrollTo(0, 0);
    byId("larger").addEventListener("click", () => resize(scale * 1.25));
    byId("smaller").addEventListener("click", () => resize(scale / 1.25));
    byId("fit").addEventListener("click", () => resize(fitting()));
    byId("whole").addEventListener("click", () => whole(!byId("picture").classList.contains("whole")));
    frame.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      const box = frame.getBoundingClientRect();
      resize(scale * Math.exp(-event.deltaY / 300), event.clientX - box.left, event.clientY - box.top);
    }, { passive: false });
    // A finger scrolls anyway; a mouse drags.
    let held = null;
    frame.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "mouse" && event.button === 0) {
        held = { x: event.clientX + frame.scrollLeft, y: event.clientY + frame.scrollTop, moved: false };
      }
    });
    addEventListener("pointermove", (event) => {
      if (!held) return;
      const [left, top] = [held.x - event.clientX, held.y - event.clientY];
      held.moved = held.moved || Math.hypot(left - frame.scrollLeft, top - frame.scrollTop) > 4;
      if (held.moved) frame.scrollTo(left, top);
    });
    addEventListener("pointerup", () => setTimeout(() => { held = null; }));
    frame.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const sizes = { "+": 1.25, "=": 1.25, "-": 1 / 1.25 };
      const at = nodes.indexOf(event.target);
      const steps = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: -1 };
      if (event.key in sizes) resize(scale * sizes[event.key]);
      else if (event.key === "0") resize(fitting());
      else if (at >= 0 && event.key in steps) go(at, steps[event.key]);
      else if (at >= 0 && (event.key === "Enter" || event.key === " ")) open(event.target);
      else return;
      event.preventDefault();
    });
    nodes.forEach((node, at) => {
      node.setAttribute("role", "button");
      // A button is called what stands on it; its panel tells the rest.
      node.removeAttribute("aria-label");
      node.tabIndex = at === 0 ? 0 : -1;
      node.addEventListener("click", () => {
        if (!(held && held.moved)) open(node);
      });
    });
    panel.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      back(byId(panel.dataset.of));
    });
  }

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
      if (svg) whole(false);
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
    if (svg) whole(false);
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
