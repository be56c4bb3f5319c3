"use strict";
// What the page does beyond reading: what-if from the embedded table, and opening what is folded: all rules at once,
// the target of a link, and for print all but the rules that did not fire (those print as they stand).
(() => {
  const all = (root, selector) => Array.from(root.querySelectorAll(selector));
  const add = (parent, tag, text) => {
    const made = document.createElement(tag);
    made.textContent = text;
    parent.append(made);
    return made;
  };
  all(document, ".scripted").forEach((part) => { part.hidden = false; });

  all(document, "form.what-if").forEach((form) => {
    const table = JSON.parse(form.querySelector("script.table").textContent);
    const selects = all(form, "select");
    const shown = form.querySelector(".outcome");
    const outcome = (chosen) => {
      const cell = chosen.reduce((at, choice, i) => at * table.sizes[i] + choice, 0);
      return table.outcomes[table.cells[cell]];
    };
    const rules = (heading, numbers) => {
      if (!numbers.length) return;
      add(shown, "p", heading);
      const list = add(shown, "ul", "");
      numbers.forEach((number) => {
        const [id, title, ...points] = table.rules[number];
        add(list, "li", `${id} ${title}: ${table.scales.map((scale, i) => `${scale} ${points[i]}`).join(", ")}`);
      });
    };
    const show = () => {
      const [levels, scores, fired] = outcome(selects.map((select) => Number(select.value)));
      const [levelsNow, scoresNow, firedNow] = outcome(table.now);
      shown.replaceChildren();
      table.scales.forEach((scale, i) => {
        const line = add(shown, "p", `${scale}: `);
        add(line, "strong", table.levels[levels[i] - 1]);
        const now = `${table.levels[levelsNow[i] - 1]}, ${scoresNow[i]}`;
        const same = levels[i] === levelsNow[i] && scores[i] === scoresNow[i];
        line.append(`, ${scores[i]} points (${same ? "as now" : `now ${now}`})`);
      });
      rules("Rules that switch on:", fired.filter((rule) => !firedNow.includes(rule)));
      rules("Rules that switch off:", firedNow.filter((rule) => !fired.includes(rule)));
    };
    form.addEventListener("change", show);
    form.addEventListener("reset", () => setTimeout(show));
    form.addEventListener("submit", (event) => event.preventDefault());
    form.reset();
    show();
  });

  all(document, ".ledger").forEach((ledger) => {
    const open = (state) => () => all(ledger, "details").forEach((rule) => { rule.open = state; });
    ledger.querySelector(".open-all").addEventListener("click", open(true));
    ledger.querySelector(".close-all").addEventListener("click", open(false));
  });

  const target = () => {
    const found = location.hash && document.getElementById(location.hash.slice(1));
    if (found && found.tagName === "DETAILS") found.open = true;
  };
  addEventListener("hashchange", target);
  target();

  let closed = [];
  addEventListener("beforeprint", () => {
    closed = all(document, "details:not([open]):not(.near):not(.far)");
    closed.forEach((part) => { part.open = true; });
  });
  addEventListener("afterprint", () => closed.forEach((part) => { part.open = false; }));
})();
