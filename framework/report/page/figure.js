// A figure of the page: plot, caption, what can be saved, and its numbers as a table.
(() => {
  const {make, button, table, save, csv, onTheme} = fovea.tools;

  /** Draws a specification into an element, or nowhere. */
  function viewOf(spec, element) {
    const runtime = vega.parse(spec, null, {ast: true});
    const view = new vega.View(runtime, {expr: vega.expressionInterpreter, renderer: element ? "svg" : "none", logLevel: 1});
    if (element) view.initialize(element);
    return view;
  }

  const longestCategory = (figure) => Math.max(0, ...figure.panels.flatMap((panel) => panel.x.categories.map((name) => name.length)));
  const hasMatrix = (figure) => figure.panels.some((panel) => panel.value !== null);
  const isWide = (figure) => figure.panels.length > 1 || hasMatrix(figure) || longestCategory(figure) > 24;

  /** Columns of panels: as in the specification where its labels depend on them, else as many as fit. */
  function columnsOf(figure, width) {
    const given = figure.spec.layout?.columns ?? 1;
    const sharesLabels = figure.spec.marks.some((mark) => mark.axes?.some((axis) => axis.labels === false));
    const most = figure.panels.length === 4 ? 2 : 3;
    return sharesLabels ? given : Math.max(1, Math.min(figure.panels.length, most, Math.floor(width / 290)));
  }

  /** What is wider than its place scrolls, also by the keyboard. */
  function tellWidth(plot) {
    const isWide = plot.scrollWidth > plot.clientWidth;
    plot.toggleAttribute("data-scrolls", isWide);
    if (isWide) plot.tabIndex = 0;
    else plot.removeAttribute("tabindex");
  }

  /** What draws each plot now. @type {WeakMap<HTMLElement, any>} */
  const shown = new WeakMap();

  /** Draws twice where labels take more or less room than was guessed. */
  function drawIn(figure, plot) {
    const width = plot.clientWidth;
    const columns = columnsOf(figure, width);
    let panel = Math.floor(width / columns) - (hasMatrix(figure) ? 150 : 75);
    for (let attempt = 0; attempt < 2; ++attempt) {
      panel = Math.max(panel, 110);
      shown.get(plot)?.finalize();
      plot.replaceChildren();
      const view = viewOf(fovea.pageSpec(figure, panel, columns), plot).run();
      shown.set(plot, view);
      const {bounds} = view.scenegraph().root;
      const drawn = bounds.x2 - bounds.x1 + 12;  // and the padding
      const off = width - drawn;
      if (Math.abs(off) < 4 || (off > 0 && panel >= 640)) break;
      panel = Math.min(panel + Math.floor(off / columns), 640);
    }
    const svg = plot.querySelector("svg");
    if (svg) svg.setAttribute("aria-hidden", "true");
    tellWidth(plot);
    requestAnimationFrame(() => tellWidth(plot));  // Vega may still make room for its labels
  }

  /** @type {Set<() => void>} what is not drawn yet */
  const waiting = new Set();
  let isDrawing = false;
  function drawNext() {
    const [draw] = waiting;
    isDrawing = Boolean(draw);
    if (!draw) return;
    draw();
    (window.requestIdleCallback ?? setTimeout)(drawNext);
  }
  function drawAll() {
    for (const draw of [...waiting]) draw();
  }
  addEventListener("beforeprint", drawAll);

  /** Draws an element once it is near the visible part of the page, or when there is nothing else to do. */
  function drawLater(figure, plot) {
    let lastWidth = 0;
    const draw = () => {
      waiting.delete(draw);
      near.disconnect();
      if (plot.clientWidth === 0) return;  // in something that is closed: it is drawn when that is opened
      lastWidth = plot.clientWidth;
      drawIn(figure, plot);
    };
    const near = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && draw(), {rootMargin: "400px"});
    near.observe(plot);
    waiting.add(draw);
    if (!isDrawing) {
      isDrawing = true;
      setTimeout(drawNext, 300);
    }
    new ResizeObserver(() => {
      if (plot.clientWidth !== 0 && Math.abs(plot.clientWidth - lastWidth) > 8 && !waiting.has(draw)) {
        requestAnimationFrame(draw);
      }
    }).observe(plot);
    onTheme(() => waiting.has(draw) || draw());
  }

  function saveSvg(figure, name) {
    viewOf(fovea.wholeSpec(figure), null).toSVG().then((svg) => save(name + ".svg", "image/svg+xml", svg));
  }

  function savePng(figure, name) {
    viewOf(fovea.wholeSpec(figure), null).toCanvas(2)
      .then((canvas) => canvas.toBlob((blob) => save(name + ".png", "image/png", blob), "image/png"));
  }

  function buttonsOf(figure, name) {
    const labelled = (label, action) => button(label, action, {"aria-label": `${label}: save ${figure.heading}`});
    return make("div", {class: "actions"},
      labelled("SVG", () => saveSvg(figure, name)),
      labelled("PNG", () => savePng(figure, name)),
      labelled("CSV", () => save(name + ".csv", "text/csv", csv(fovea.numbersOf(figure)))),
      labelled("Spec", () => save(name + ".vg.json", "application/json", JSON.stringify(fovea.wholeSpec(figure)))));
  }

  /** A table that is made when it is opened. */
  function numbersOf(figure) {
    const details = make("details", {class: "numbers"}, make("summary", {}, "Numbers", make("span", {class: "hidden"}, ` of ${figure.heading}`)));
    details.addEventListener("toggle", () => {
      if (!details.open || details.childElementCount > 1) return;
      const numbers = fovea.numbersTable(figure);
      details.append(table(numbers, `Numbers of ${figure.heading}`), ...numbers.notes.map((note) => make("p", {class: "note"}, note)));
    });
    return details;
  }

  /**
   * @param {any} figure of the model
   * @param {string} prefix of names of files
   * @param {boolean} hasCaption false where all figures of a view have the same one, below them
   */
  function figureElement(figure, prefix, hasCaption) {
    const plot = make("div", {class: "plot", role: "img", "aria-label": `${figure.heading}. Its numbers are in the table below.`});
    const name = `${prefix}_${figure.heading}`;
    const element = make("figure", {class: isWide(figure) ? "figure wide" : "figure", id: figure.id},
      make("h4", {}, figure.heading), plot,
      make("figcaption", {class: hasCaption ? null : "hidden"}, figure.caption),
      make("div", {class: "below"}, numbersOf(figure), buttonsOf(figure, name)));
    drawLater(figure, plot);
    return element;
  }

  Object.assign(fovea, {figureElement, isWide});
})();
