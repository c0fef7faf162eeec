// The panel: shows the setting that was chosen. Numbers and places of dots come with the page.
"use strict";

(() => {
  const FINE = 1000; // parts of an axis, as panel_data.py counts them
  const COLUMNS = 44;
  const SIZE = { width: 480, side: 16, foot: 26, head: 8 };
  const NAMES = ["then", "then_lower", "then_upper", "difference", "difference_lower", "difference_upper"];
  const NOW_NAMES = ["now", "now_lower", "now_upper"];

  function start(panel) {
    const data = JSON.parse(panel.querySelector("script[type='application/json']").textContent);
    const form = panel.querySelector("form");
    const show = () => update(panel, data, chosen(panel));
    form.addEventListener("input", show);
    form.addEventListener("submit", (event) => event.preventDefault());
    // The form has its first values back only after the event.
    form.addEventListener("reset", () => setTimeout(show));
    panel.hidden = false;
    show();
  }

  function chosen(panel) {
    const levers = [...panel.querySelectorAll("[data-lever]")].map((lever) =>
      Number(lever.querySelector("input[type='range'], input:checked").value),
    );
    return { levers, place: Number(panel.querySelector("[data-place]").value) };
  }

  function update(panel, data, choice) {
    data.levers.forEach((lever, at) => name(panel, at, lever.labels[choice.levers[at]]));
    panel.querySelector("[data-state]").textContent = state(panel, data, choice);
    const untouched = choice.levers.every((at) => at === 0);
    panel.classList.toggle("untouched", untouched);
    const places = data.places.length;
    const setting = data.levers.reduce(
      (before, lever, at) => before * lever.labels.length + choice.levers[at],
      0,
    );
    data.outcomes.forEach((outcome, at) => {
      const result = panel.querySelector(`[data-outcome="${at}"]`);
      const then = outcome.then[setting * places + choice.place];
      const now = outcome.now[choice.place];
      write(result, NAMES, then.shown);
      write(result, NOW_NAMES, now.shown);
      draw(result.querySelector("svg"), outcome, now, then);
      summarise(panel.querySelector(`[data-summary="${at}"]`), then.shown[0], now.shown[0], untouched);
    });
  }

  function name(panel, at, label) {
    const range = panel.querySelector(`[data-lever="${at}"] input[type="range"]`);
    if (range) {
      range.setAttribute("aria-valuetext", label);
      panel.querySelector(`[data-lever="${at}"] output`).textContent = label;
    }
  }

  // On a phone the controls fill the screen: the result in one line stays in sight.
  function summarise(line, then, now, untouched) {
    line.querySelector("strong").textContent = then;
    line.querySelector(".was").textContent = untouched ? "" : `(${now})`;
  }

  // What was chosen, in words: for paper, where the controls are not.
  function state(panel, data, choice) {
    const names = [...panel.querySelectorAll("[data-lever] .lever-name, .place .lever-name")];
    const values = data.levers.map((lever, at) => lever.labels[choice.levers[at]]);
    values.push(data.places[choice.place].label);
    return values.map((value, at) => `${names[at].textContent}: ${value}`).join("; ");
  }

  function write(result, names, texts) {
    names.forEach((key, at) => {
      const place = result.querySelector(`[data-shown="${key}"]`);
      if (place.textContent !== texts[at]) {
        place.textContent = texts[at];
      }
    });
  }

  function draw(svg, outcome, now, then) {
    const inner = SIZE.width - 2 * SIZE.side;
    const step = inner / COLUMNS;
    const floor = SIZE.head + step * outcome.rows;
    const across = (part) => SIZE.side + (inner * part) / FINE;
    const [nowMean, low, high] = now.drawn.map(across);
    const thenMean = across(then.drawn[0]);
    svg.setAttribute("viewBox", `0 0 ${SIZE.width} ${(floor + SIZE.foot).toFixed(1)}`);
    const parts = [
      shape(svg, "rect", { class: "now-band", x: low, y: SIZE.head, width: high - low, height: floor - SIZE.head }),
      shape(svg, "line", { class: "axis", x1: SIZE.side, x2: SIZE.width - SIZE.side, y1: floor, y2: floor }),
      shape(svg, "line", { class: "now-line", x1: nowMean, x2: nowMean, y1: SIZE.head, y2: floor }),
    ];
    outcome.ticks.forEach(([part, label]) => {
      const x = across(part);
      parts.push(shape(svg, "line", { class: "axis", x1: x, x2: x, y1: floor, y2: floor + 5 }));
      const words = shape(svg, "text", { x, y: floor + 20, "text-anchor": anchor(part) });
      words.textContent = label;
      parts.push(words);
    });
    const heights = new Map();
    then.dots.forEach((column) => {
      const height = heights.get(column) ?? 0;
      heights.set(column, height + 1);
      const cx = SIZE.side + step * (column + 0.5);
      const cy = floor - step * (height + 0.5);
      parts.push(shape(svg, "circle", { class: "dot", cx, cy, r: step * 0.46 }));
    });
    parts.push(shape(svg, "line", { class: "then-line", x1: thenMean, x2: thenMean, y1: SIZE.head - 6, y2: floor }));
    svg.replaceChildren(...parts);
  }

  // The outer labels may not stick out, whatever the size of their letters.
  function anchor(part) {
    return { 0: "start", [FINE]: "end" }[part] ?? "middle";
  }

  function shape(svg, kind, attributes) {
    const made = document.createElementNS(svg.namespaceURI, kind);
    Object.entries(attributes).forEach(([key, value]) => {
      made.setAttribute(key, typeof value === "number" ? value.toFixed(1) : value);
    });
    return made;
  }

  // With the panel working its table is closed, but never on paper.
  function settle(details) {
    details.open = false;
    details.querySelector(".plain").hidden = true;
    let wasOpen = false;
    window.addEventListener("beforeprint", () => {
      wasOpen = details.open;
      details.open = true;
    });
    window.addEventListener("afterprint", () => {
      details.open = wasOpen;
    });
  }

  document.querySelectorAll(".panel").forEach(start);
  document.querySelectorAll("details.settings").forEach(settle);
})();
