"use strict";
// What the application does beyond forms and links: it notices when the files behind a page have changed, goes to the
// place of a problem in the editor, and asks before a text that is not saved is left.
(() => {
  const all = (selector) => Array.from(document.querySelectorAll(selector));
  const news = document.getElementById("news");
  const editor = document.querySelector(".editor textarea[name=text]");
  const of = document.body.dataset.of;
  const KEPT = "assess-kept";
  const EVERY = 1500; // milliseconds between looks at the files
  let mark = document.body.dataset.mark;
  let leaving = false; // whether another page is on its way: what it changes is then no news
  let written = false; // whether a person has put something into a form that loading the page anew would lose

  const tell = (text, action, act) => {
    news.replaceChildren(text);
    if (!action) return;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = action;
    button.addEventListener("click", act);
    news.append(" ", button);
  };

  // -- files that change

  const stops = (part) => Array.from(part.querySelectorAll("a, button, input, select, textarea, summary"));
  const keep = () => {
    const within = document.activeElement.closest("[id]");
    const id = within ? within.id : "";
    const at = within ? stops(within).indexOf(document.activeElement) : -1;
    const open = all("details[id][open]").map((part) => part.id);
    const checks = all(".filter input").map((box) => box.checked);
    sessionStorage.setItem(KEPT, JSON.stringify({ path: location.pathname, open, checks, id, at, top: scrollY }));
  };
  const restore = () => {
    const kept = JSON.parse(sessionStorage.getItem(KEPT) || "null");
    sessionStorage.removeItem(KEPT);
    if (!kept || kept.path !== location.pathname) return;
    kept.open.forEach((id) => { const part = document.getElementById(id); if (part) part.open = true; });
    all(".filter input").forEach((box, i) => { box.checked = kept.checks[i] !== false; });
    const part = kept.id && document.getElementById(kept.id);
    const stop = part && (kept.at < 0 ? part : stops(part)[kept.at]);
    if (stop) stop.focus({ preventScroll: true });
    scrollTo({ top: kept.top, behavior: "instant" });
    tell("A file changed. The page shows it as it is now.");
  };
  const again = () => {
    keep();
    written = false;
    if (location.search === "?saved=1") location.replace(location.pathname); // what was saved is not what is there now
    else location.reload();
  };
  const look = async () => {
    if (document.visibilityState === "visible") {
      try {
        const answer = await fetch(`/stamp?of=${encodeURIComponent(of)}`);
        const now = answer.ok ? await answer.text() : "";
        if (!answer.ok) {
          tell("The application was started anew. Open the link that it printed.");
          return;
        }
        if (now !== mark && !leaving) {
          mark = now;
          if (!written) { again(); return; }
          if (editor) tell("The file has changed on disk. Saving will show both versions and lose neither.");
          else tell("A file behind this page has changed on disk.", "Show it as it is now, without what I wrote", again);
        }
      } catch {
        tell("The application has ended. What is written here is not lost as long as the page stays open.");
        return;
      }
    }
    setTimeout(look, EVERY);
  };
  restore();
  if (of) setTimeout(look, EVERY);

  // -- forms

  addEventListener("submit", (event) => { leaving = !event.defaultPrevented; });
  all("form[method=post]").forEach((form) => {
    form.addEventListener("input", () => { written = true; });
    form.addEventListener("submit", () => { written = false; });
  });
  addEventListener("beforeunload", (event) => { if (written && editor) event.preventDefault(); });

  const go = (line, column) => {
    const lines = editor.value.split("\n");
    const at = lines.slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0) + column - 1;
    editor.focus();
    editor.setSelectionRange(at, at);
    editor.scrollTop = (line - 5) * (editor.scrollHeight / lines.length);
  };
  const places = () => {
    if (!editor) return;
    all(".findings .place:not(button)").forEach((place) => {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "place";
      button.textContent = place.textContent;
      button.addEventListener("click", () => go(Number(place.dataset.line), Number(place.dataset.column)));
      place.replaceWith(button);
    });
  };
  document.body.addEventListener("htmx:afterSwap", places);
  places();
})();
