// From the model of a figure to specifications for Vega: one for the page, in its width and colours, and one to be saved,
// the same that `fovea figure -o x.vg.json` writes.
(() => {
  const {seriesColour, isDark} = fovea.tools;

  /** The rows of a data set that the model keeps as columns. */
  function rowsOf(data) {
    const rows = Array.from({length: data.rows}, () => ({}));
    for (const {name, values, lengths} of data.columns) {
      let place = 0;
      values.forEach((value, i) => {
        for (let left = lengths ? lengths[i] : 1; left > 0; --left) rows[place++][name] = value;
      });
    }
    return rows;
  }

  /** A copy of the specification with its numbers in it. */
  function wholeSpec(figure) {
    const spec = structuredClone(figure.spec);
    for (const set of spec.data) if (figure.data[set.name]) set.values = rowsOf(figure.data[set.name]);
    return spec;
  }

  function colours() {
    return isDark()
      ? {text: "#e6e6e6", muted: "#b3b8c0", line: "#4a4f58", grid: "#2f343c"}
      : {text: "#1c1e21", muted: "#55595f", line: "#9a9ea5", grid: "#e6e8eb"};
  }

  function config() {
    const c = colours();
    const font = "system-ui, sans-serif";
    return {
      font,
      axis: {labelColor: c.muted, titleColor: c.text, domainColor: c.line, tickColor: c.line, gridColor: c.grid,
        labelFont: font, titleFont: font, labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal", titlePadding: 8},
      legend: {labelColor: c.text, titleColor: c.text, labelFont: font, titleFont: font, labelFontSize: 12, titleFontSize: 12,
        titleFontWeight: "normal", symbolSize: 70, rowPadding: 4, offset: 14},
      title: {color: c.text, subtitleColor: c.muted, font, fontSize: 12, fontWeight: "normal"},
      style: {"group-title": {fill: c.text}},
      group: {stroke: null},
    };
  }

  /** Replaces in every mark, however deep, what `change` returns something for. */
  function walk(value, change) {
    if (Array.isArray(value)) value.forEach((one) => walk(one, change));
    else if (value && typeof value === "object") {
      change(value);
      Object.values(value).forEach((one) => walk(one, change));
    }
  }

  const isPanel = (mark) => mark.type === "group" && Array.isArray(mark.signals) && Array.isArray(mark.scales);

  function setWidth(panel, width) {
    const old = panel.encode.enter.width.value;
    if (old === panel.encode.enter.height.value) width = Math.min(width, 380);
    const isSquare = old === panel.encode.enter.height.value;
    const change = (number) => (number === old ? width : number);
    for (const signal of panel.signals) if (signal.name === "width" || isSquare) signal.value = width;
    for (const scale of panel.scales) {
      if ((scale.name === "x" || isSquare) && scale.range.map) scale.range = scale.range.map(change);
    }
    panel.encode.enter.width.value = width;
    if (isSquare) panel.encode.enter.height.value = width;
    for (const mark of panel.marks) {
      const channels = mark.encode?.enter ?? {};
      for (const name of isSquare ? ["width", "x2", "height", "y2"] : ["width", "x2"]) {
        if (channels[name]?.value === old) channels[name].value = width;
      }
    }
  }

  /** @param {any} figure of the model @param {number} width of a panel @param {number} columns of panels */
  function pageSpec(figure, width, columns) {
    const spec = wholeSpec(figure);
    const c = colours();
    delete spec.title;
    delete spec.description;
    spec.background = null;
    spec.padding = {left: 2, right: 8, top: 6, bottom: 2};
    spec.config = config();
    if (spec.layout) spec.layout.columns = columns;
    for (const scale of spec.scales) if (scale.name === "colour") scale.range = scale.range.map((_, i) => seriesColour(i));
    for (const mark of spec.marks) if (isPanel(mark)) setWidth(mark, width);
    walk(spec.marks, (part) => {
      if (part.stroke?.value === "#666666") part.stroke = {value: c.muted};
      if (part.grid === true) part.gridColor = c.grid;
      if (part.fillOpacity?.value === 0.2) part.fillOpacity = {value: spec.scales[0]?.domain?.length > 2 ? 0.12 : 0.2};
    });
    return spec;
  }

  Object.assign(fovea, {rowsOf, wholeSpec, pageSpec});
})();
