// A section: one experiment, its answer first.
(() => {
  const {make, table} = fovea.tools;

  const views = [
    ["curves", "Training"], ["slices", "By groups of items"], ["comparison", "Comparison"],
    ["selection", "What the sites choose"], ["reads", "Reads"], ["heads", "Heads"], ["planes", "Pointers and glimpses"],
    ["routers", "Routers"], ["cost", "Cost"],
  ];
  const mostShown = 4;

  /** @param {Table} data */
  const notesOf = (data) => data.notes.map((note) => make("p", {class: "note"}, note));

  /** Figures side by side; those after the first ones can be opened. */
  function figureGrid(figures, prefix) {
    const isSame = figures.length > 1 && figures.every((figure) => figure.caption === figures[0].caption);
    const elements = figures.map((figure) => fovea.figureElement(figure, prefix, !isSame));
    const most = figures.some(fovea.isWide) ? 2 : mostShown;
    const isFirst = (i) => i < most && !(figures[i].detail && i > 0);
    const grid = make("div", {class: "figures"}, ...elements.filter((_, i) => isFirst(i)));
    const rest = elements.filter((_, i) => !isFirst(i));
    return [grid,
      rest.length === 0 ? null : make("details", {class: "more"}, make("summary", {}, rest.length === 1 ? "1 more figure" : `${rest.length} more figures`),
        make("div", {class: "figures"}, ...rest)),
      isSame ? make("p", {class: "caption"}, figures[0].caption) : null];
  }

  /** Of a view that another file draws. */
  function drawnBy(name, data) {
    const show = fovea.views.get(name);
    if (!show || data === null || data === undefined) return null;
    const element = make("div", {class: `view ${name}`});
    try {
      show(element, data, fovea.tools);
    } catch (error) {
      element.replaceChildren(make("p", {role: "alert"}, `This cannot be shown: ${error.message}`));
    }
    return element;
  }

  function comparisonTable(section) {
    if (!section.comparison) return [];
    return [fovea.resultTable(section.comparison, section.comparison.title), ...notesOf(section.comparison)];
  }

  function contentOf(view, section) {
    const figures = section.figures.filter((figure) => figure.view === view);
    const prefix = section.experiment;
    return [
      ...(figures.length > 0 ? figureGrid(figures, prefix) : []),
      ...(view === "comparison" ? comparisonTable(section) : []),
      drawnBy(view, section.views?.[view]),
    ].filter((part) => part !== null);
  }

  function about(section) {
    if (!section.details && !section.expected) return null;
    return make("details", {class: "about"}, make("summary", {}, "What is compared, and what to expect"),
      section.details ? make("p", {}, section.details) : null,
      section.expected ? make("p", {}, make("strong", {}, "Expected: "), section.expected) : null);
  }

  /** @param {any} section of the model @param {number} index @param {any[]} all of them: one alone has its name as the title of the page */
  function sectionElement(section, index, all) {
    const id = `s${index}`;
    const links = [];
    const part = (name, title, ...content) => {
      links.push([`${id}-${name}`, title]);
      return make("div", {class: `part ${name}`},
        make("h3", {id: `${id}-${name}`}, title), ...content);
    };
    const parts = [];
    if (section.answer) parts.push(part("answer", "Answer", ...fovea.answer(section)));
    for (const [view, title] of views) {
      const content = contentOf(view, section);
      if (content.length > 0) parts.push(part(view, title, ...content));
    }
    parts.push(part("runs", "Settings and runs", ...fovea.runs(section)));
    const element = make("section", {class: "experiment", "aria-labelledby": id},
      make("h2", {id, class: all.length === 1 ? "hidden" : null}, section.experiment),
      section.question ? make("p", {class: "question"}, section.question) : null,
      about(section), ...parts);
    return {element, id, title: section.experiment, links};
  }

  Object.assign(fovea, {section: sectionElement, notesOf});
})();
