// Puts the interactive chart above the still picture, once Vega is there; without this script the picture stands alone.
"use strict";
(() => {
  const ink = () => getComputedStyle(document.documentElement).getPropertyValue("--ink").trim();
  const dark = matchMedia("(prefers-color-scheme: dark)");

  async function show(view) {
    const box = view.closest(".chart");
    const spec = JSON.parse(document.getElementById(view.dataset.spec).textContent);
    const said = box.querySelector(".chart-said");
    box.hidden = false;
    try {
      const axis = { labelColor: ink(), titleColor: ink(), tickColor: ink(), domainColor: ink() };
      const config = { background: "transparent", axis, legend: { labelColor: ink(), titleColor: ink() },
        title: { color: ink(), subtitleColor: ink() }, text: { color: ink() }, view: { stroke: "transparent" } };
      const made = await vegaEmbed(view, spec, { actions: false, renderer: "svg", config, ast: false });
      said.textContent = (spec.usermeta && spec.usermeta.message) || "";
      box.nextElementSibling.nextElementSibling.open = false;
      return made;
    } catch (error) {
      box.hidden = true;
      console.error(error);
      return null;
    }
  }

  for (const view of document.querySelectorAll(".chart-view")) {
    let made = show(view);
    dark.addEventListener("change", async () => {
      (await made)?.finalize();
      made = show(view);
    });
  }
  // on paper the picture stands alone
  addEventListener("beforeprint", () => document.querySelectorAll("details.static").forEach((one) => { one.open = true; }));
})();
