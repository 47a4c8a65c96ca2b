// Search and filters over the table of all claims; without this script it is a plain table.
"use strict";
(() => {
  const form = document.querySelector(".filters");
  const rows = [...document.querySelectorAll("table.all tbody tr")];
  const said = form.querySelector("[data-shown]");
  const has = (list, value) => !value || (list || "").split(" ").includes(value);
  const plain = (text) => text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");
  const texts = rows.map((row) => plain(row.textContent));

  function show() {
    const { text, verdict, chapter, source, differs } = form.elements;
    const words = plain(text.value).split(/\s+/).filter(Boolean);
    let count = 0;
    rows.forEach((row, index) => {
      const fits = words.every((word) => texts[index].includes(word)) && has(row.dataset.verdicts, verdict.value)
        && has(row.dataset.chapter, chapter.value) && has(row.dataset.sources, source.value)
        && (!differs.checked || "differs" in row.dataset);
      row.hidden = !fits;
      count += fits;
    });
    said.textContent = count === rows.length ? "" : `${count} of ${rows.length} claims`;
  }

  form.addEventListener("input", show);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.hidden = false;
  show();
})();
