// Shows the interactive charts of a page. A chart is <div class="chart"> with its Vega-Lite inside, as
// <script type="application/json">; without this script, or where it fails, nothing of it is to be seen and the figure
// below it stands for it. It needs the bundle of Vega, which defines vegaEmbed.
"use strict";
(() => {
  const INK = "currentColor"; // of the page's text, in light and in dark
  const LINE = { gridColor: INK, gridOpacity: 0.15, domainColor: INK, domainOpacity: 0.6, tickColor: INK, tickOpacity: 0.6 };
  const TEXT = { labelColor: INK, titleColor: INK, labelFontSize: 12, titleFontSize: 13, titleFontWeight: "normal" };
  const CONFIG = {
    background: null,
    view: { stroke: null },
    axis: { ...LINE, ...TEXT, labelOverlap: true, labelFlush: false },
    legend: { ...TEXT, columnPadding: 14 },
    title: { color: INK, fontSize: 13 },
    text: { fontSize: 12 },
  };

  const element = (name, properties, ...children) => {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  };

  const unbroken = (words) => words.replace(/ %/g, "\u00a0%");

  // What a slider stands at is in words in the signal <name>_text: beside it, and for screen readers. Where it ends may
  // depend on something else, and is in <name>_last.
  const speak = (view, controls, signals) => {
    for (const input of controls.querySelectorAll("input[type=range]")) {
      const [text, last] = [`${input.name}_text`, `${input.name}_last`];
      const shown = input.nextElementSibling;
      const say = (words) => {
        shown.textContent = unbroken(words);
        input.setAttribute("aria-valuetext", words);
      };
      const end = (most) => {
        input.max = most; // which moves the slider if it stands beyond
        view.signal(input.name, +input.value).runAsync();
      };
      if (signals.has(last)) {
        end(view.signal(last));
        view.addSignalListener(last, (_, most) => end(most));
      }
      say(view.signal(text));
      view.addSignalListener(text, (_, words) => say(words));
      input.addEventListener("input", () => view.runAsync().then(() => say(view.signal(text))));
    }
    for (const radio of controls.querySelectorAll(".vega-bind-radio")) {
      const group = radio.parentElement;
      group.setAttribute("role", "radiogroup");
      group.setAttribute("aria-label", group.querySelector(".vega-bind-name").textContent);
    }
  };

  // The views are as wide as the page lets them be; axes and their labels come on top of that.
  const fit = (view, place) => {
    let width = 0;
    const resize = async () => {
      const room = place.clientWidth;
      if (!room || room === width) return;
      width = room;
      for (let tries = 0; tries < 2; tries++) {
        const around = view.container().querySelector("svg").width.baseVal.value - view.width();
        await view.width(Math.max(160, Math.min(room, 760) - around)).runAsync();
      }
    };
    new ResizeObserver(resize).observe(place);
    return resize();
  };

  const cell = (name, text) => element(name, { textContent: typeof text === "number" ? +text.toPrecision(3) : text ?? "–" });

  // The table is made when it is opened: few open it.
  const table = (view, { data, columns }) => {
    const details = element("details", {}, element("summary", { textContent: "The same as a table" }));
    const fill = () => {
      const head = element("tr", {}, ...Object.values(columns).map((title) => Object.assign(cell("th", title), { scope: "col" })));
      const rows = view.data(data).map((row) => element("tr", {}, ...Object.keys(columns).map((field) => cell("td", row[field]))));
      const caption = element("caption", { className: "visually-hidden", textContent: "What the chart shows, as numbers" });
      const made = element("table", {}, caption, element("thead", {}, head), element("tbody", {}, ...rows));
      details.append(element("div", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: "Table of the chart" }, made));
    };
    details.addEventListener("toggle", fill, { once: true });
    return details;
  };

  const show = async (box) => {
    const spec = JSON.parse(box.querySelector("script").textContent);
    const place = element("div", { className: "chart-views" });
    const controls = element("div", { className: "chart-controls" });
    const { message, table: tabled } = spec.usermeta;
    box.append(element("p", { className: "chart-message", textContent: unbroken(message) }), controls, place);
    box.hidden = false;
    try {
      const { view } = await vegaEmbed(place, spec, { actions: false, renderer: "svg", bind: controls, config: CONFIG, defaultStyle: false });
      const signals = new Set(spec.params.map((one) => one.name));
      speak(view, controls, signals);
      if (signals.has("readout")) {
        const said = element("p", { className: "chart-readout", textContent: unbroken(view.signal("readout")) });
        said.setAttribute("role", "status");
        view.addSignalListener("readout", (_, words) => (said.textContent = unbroken(words)));
        place.before(said);
      }
      if (tabled) box.append(table(view, tabled));
      await fit(view, place);
      const still = box.parentElement.querySelector("details.static"); // the same picture, one click away
      if (still) still.open = false;
      box.chart = view; // for those who want to ask it
    } catch (error) {
      box.hidden = true;
      box.dataset.failed = "";
      console.error(`A chart can't be shown: ${error}`);
    }
  };

  addEventListener("beforeprint", () => document.querySelectorAll("details.static").forEach((one) => (one.open = true)));
  for (const box of document.querySelectorAll(".chart")) show(box);
})();
