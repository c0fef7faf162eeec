// Tables sort by a press on the head of a column: up, down, and back to how they stood.
"use strict";

(() => {
  const collator = new Intl.Collator(document.documentElement.lang, {
    numeric: true,
    sensitivity: "base",
  });

  function numberOf(cell) {
    return cell.dataset.order === undefined ? null : Number(cell.dataset.order);
  }

  // Cells without a number stand last, whichever way numbers run.
  function compareNumbers(first, second, direction) {
    if (first === null || second === null) {
      return (first === null) - (second === null);
    }
    return direction * (first - second);
  }

  function sorted(rows, column, direction) {
    const keyed = rows.map((row) => {
      const cell = row.cells[column];
      return { row, number: numberOf(cell), text: cell.textContent.trim() };
    });
    const numeric = keyed.some((item) => item.number !== null);
    keyed.sort((first, second) =>
      numeric
        ? compareNumbers(first.number, second.number, direction)
        : direction * collator.compare(first.text, second.text),
    );
    return keyed.map((item) => item.row);
  }

  function makeSortable(table) {
    const body = table.tBodies[0];
    const original = [...body.rows];
    const heads = [...table.tHead.rows[0].cells];

    function press(column) {
      const was = heads[column].getAttribute("aria-sort");
      heads.forEach((head) => head.removeAttribute("aria-sort"));
      if (was === "descending") {
        body.append(...original);
        return;
      }
      heads[column].setAttribute("aria-sort", was === "ascending" ? "descending" : "ascending");
      body.append(...sorted(original, column, was === "ascending" ? -1 : 1));
    }

    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => press(column));
      head.append(button);
    });
  }

  document.querySelectorAll("table[data-sorts]").forEach(makeSortable);

  // A link into a closed section opens it.
  function reveal() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let item = target; item; item = item.parentElement) {
      if (item.tagName === "DETAILS") {
        item.open = true;
      }
    }
    target?.scrollIntoView();
  }
  window.addEventListener("hashchange", reveal);
  if (location.hash) {
    reveal();
  }
})();
