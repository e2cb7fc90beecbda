// The answer of an experiment: a table of its groups, and figures of papers beside it.
(() => {
  const {make, button, table, save, csv} = fovea.tools;

  /** Numbers of four digits lose zeros at their end: "0.94" as "0.9400", so that points stand below each other. */
  const padded = (text) => text.includes("+-") ? text : text.replace(/(?<![\w.]|e[+-])(\d+)(\.\d+)?(?![\w.])/g, (all, whole, part = "") => {
    const digits = (whole + part).replace(".", "").replace(/^0+/, "").length;
    const missing = all === "0" ? 0 : Math.max(0, 4 - digits);
    return missing === 0 ? all : whole + (part || ".") + "0".repeat(missing);
  });

  /** "0.91 [0.88, 0.94]" as two parts, so that means stand below each other. */
  function numberCell(text) {
    const place = text.indexOf(" [");
    if (place < 0) return make("span", {class: "mean"}, text);
    return make("span", {}, make("span", {class: "mean"}, text.slice(0, place)),
      make("span", {class: "interval"}, text.slice(place)));
  }

  const isMeasured = (texts) => texts.some((text) => text.includes("."));

  /**
   * A table of results: numbers and their intervals in columns of their own.
   * @param {Table} data @param {string} caption @param {boolean} areOurs false where some are of papers, with the digits that these give
   */
  function resultTable(data, caption, areOurs = true) {
    const element = table(data, caption);
    element.classList.add("results");
    const isPadded = data.columns.map((name, i) => areOurs && data.numbers[i] && !["n", "pairs", "p", "Holm"].includes(name) && isMeasured(data.rows.map((row) => row[i])));
    for (const row of element.querySelectorAll("tbody tr")) {
      [...row.cells].forEach((cell, i) => {
        if (!data.numbers[i]) return;
        cell.replaceChildren(numberCell(isPadded[i] ? padded(cell.textContent) : cell.textContent));
      });
    }
    element.querySelectorAll("thead th, thead td").forEach((cell, i) => cell.classList.toggle("measured", isPadded[i] && data.rows.some((row) => row[i].includes(" ["))));
    return element;
  }

  /** All digits, hidden until asked for. */
  function allDigits(section) {
    const data = section.numbers;
    return make("details", {class: "numbers", "data-table": "numbers"}, make("summary", {}, "All digits"),
      table(data, data.title),
      make("div", {class: "actions"}, button("CSV", () => save(`${section.experiment}.csv`, "text/csv", csv([data.columns, ...data.rows])),
        {"aria-label": `CSV: save all digits of ${section.experiment}`})));
  }

  /** @param {any} section of the model */
  function answer(section) {
    return [
      resultTable(section.answer, section.answer.title),
      ...fovea.notesOf(section.answer),
      ...section.published.flatMap((data) => [resultTable(data, `Beside figures of papers. ${data.title}`, false), ...fovea.notesOf(data)]),
      section.numbers ? allDigits(section) : null,
    ];
  }

  Object.assign(fovea, {answer, resultTable});
})();
